"""Sends a subscriber one request right now, so that a person sees what it answers. Logged, and counted nowhere."""

import json
import logging
from dataclasses import dataclass, replace

from django.utils import timezone

from dispatch.about import about
from dispatch.building import BuiltRequest, EventContent, RequestError, build
from dispatch.identifiers import new_id
from dispatch.ledger.loading import LoadedEvent, LoadedSubscriber, load_subscribers
from dispatch.outbound import send_once, timeouts_for
from dispatch.outcomes import ErrorKind, Outcome
from dispatch.transport import Exchange
from subscribers.models import Subscriber
from subscribers.targets import placeholders
from subscribers.topics import is_pattern

#: A person waits for it, and so does a thread of the web server.
MAX_SECONDS = 10.0
#: Tells the receiver that nothing has happened.
MARK = ("switch-test", "true")
SAMPLE_AUTHOR = "switch"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """The request that was sent, None if none could be built, and what came of it."""

    request: BuiltRequest | None
    outcome: Outcome


def sample(subscriber: Subscriber) -> LoadedEvent:
    """An event that the subscriber's URL can be filled from."""
    return sample_for(subscriber.topic, subscriber.target_url)


def sample_for(topic: str, target_url: str) -> LoadedEvent:
    """Likewise, of a subscriber that is not saved; both are checked as those of one."""
    topic = f"{topic[:-1]}test" if is_pattern(topic) else topic
    data = {
        "body": {"message": "A test of this subscriber, sent by Switch."},
        "path_params": dict.fromkeys(placeholders(target_url), "test"),
    }
    return made_event(topic, json.dumps(data))


def made_event(topic: str, payload: str) -> LoadedEvent:
    """An event that nobody has published. `payload` is JSON that was checked as that of a publish."""
    return LoadedEvent(new_id(), topic, SAMPLE_AUTHOR, payload)


def try_out(subscriber: Subscriber, event: LoadedEvent, tried_by: str = "") -> Trial:
    """One request as a delivery would send it, whether the subscriber is paused and whatever its filter says."""
    loaded = load_subscribers([subscriber.pk])[subscriber.pk]
    trial = _sent(loaded, event)
    result = trial.outcome.status or trial.outcome.error
    known = about(event_id=event.id, subscriber_id=subscriber.pk, topic=event.topic)
    logger.info(
        "Subscriber %s was tried by %s with event %s: %s", subscriber.pk, tried_by, event.id, result, extra=known
    )
    return trial


def try_url(event: LoadedEvent, target_url: str, tried_by: str = "") -> Trial:
    """A sample to a URL that is not saved: no event that was published goes there, and no secret signs it.

    `target_url` is checked as that of a subscriber.
    """
    trial = _sent(LoadedSubscriber(0, target_url, False, False, 0, None, None, None, None), event)
    result = trial.outcome.status or trial.outcome.error
    known = about(event_id=event.id, topic=event.topic)
    logger.info("A URL that is not saved was tried by %s with event %s: %s", tried_by, event.id, result, extra=known)
    return trial


def _sent(subscriber: LoadedSubscriber, event: LoadedEvent) -> Trial:
    trial_id = new_id()
    try:
        built = build(EventContent(event), subscriber, trial_id, trial_id, 1, timezone.now())
    except RequestError as error:
        return Trial(None, Outcome(error_kind=ErrorKind.BAD_REQUEST, error=str(error)))
    request = built._replace(headers=[*built.headers, MARK])
    return Trial(request, _exchange(request, subscriber))


def _exchange(request: BuiltRequest, subscriber: LoadedSubscriber) -> Outcome:
    allowed = timeouts_for(subscriber)
    timeouts = replace(allowed, total_seconds=min(allowed.total_seconds, MAX_SECONDS))
    return send_once(Exchange(request.method, request.url, request.headers, request.body, timeouts), MAX_SECONDS)
