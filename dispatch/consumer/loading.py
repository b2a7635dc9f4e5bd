"""From jobs to works: claims the deliveries, loads what they need, builds their requests."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from dispatch.building import BuiltRequest, EventContent, RequestError, build
from dispatch.consumer.work import Work
from dispatch.ledger.claiming import Claim, claim_early, claim_named, reopen_dead
from dispatch.ledger.loading import LoadedSubscriber, load_events, load_subscribers
from dispatch.outcomes import ErrorKind, Outcome
from dispatch.queues.base import Job
from dispatch.transport import Timeouts
from dispatch.verdicts import Act, Verdict

Content = Callable[[UUID], EventContent]

logger = logging.getLogger(__name__)


def claim(owner: UUID, jobs: Sequence[Job]) -> list[Claim]:
    """Claims the jobs' deliveries. Those that are settled, not yet due, or another consumer's stay as they are."""
    now = timezone.now()
    found = [claim for job in jobs for claim in job.claims]
    named = [delivery_id for job in jobs if not job.claims and not job.failures for delivery_id in job.deliveries]
    if named:
        found += claim_named(owner, named, now)
    retried = {job.deliveries[0]: job.failures for job in jobs if job.failures and job.deliveries and not job.claims}
    if retried:
        found += claim_early(owner, retried, now)
    # The broker gives up a job at failure number retry_limit + 1: only an operator can have brought it back.
    revived = [
        job.deliveries[0] for job in jobs if job.deliveries and not job.claims and job.failures > job.retry_limit
    ]
    return found + reopen_dead(owner, revived, now) if revived else found


def load(claims: Sequence[Claim], jobs: Iterable[Job]) -> list[Work]:
    """Works for the claims, each with its request, or with the outcome that none can be built."""
    single = {job.deliveries[0]: job for job in jobs if len(job.deliveries) == 1}
    events = load_events({claim.event_id for claim in claims})
    content = cache(lambda event_id: EventContent(events[event_id]))  # taken apart once for all of its deliveries
    subscribers = load_subscribers({claim.subscriber_id for claim in claims})
    now = timezone.now()
    return [
        _work(claim, single.get(claim.delivery_id), content, subscribers[claim.subscriber_id], now) for claim in claims
    ]


def _work(claim: Claim, job: Job | None, content: Content, subscriber: LoadedSubscriber, now: datetime) -> Work:
    work = Work(claim, job, subscriber, None, _timeouts(subscriber))
    if subscriber.is_deleted:
        work.verdict = Verdict(Act.CANCEL, reason="deleted")
        return work
    if subscriber.is_paused:
        work.verdict = Verdict(Act.HOLD, reason="paused")
        return work
    try:
        work.request = _build(claim, content(claim.event_id), subscriber, now)
    except RequestError as error:
        work.outcome = Outcome(error_kind=ErrorKind.BAD_REQUEST, error=str(error))
    except Exception as error:  # the border around one work: its fault must not stop the others
        logger.exception("The request of delivery %s cannot be built.", claim.delivery_id)
        work.outcome = Outcome(error_kind=ErrorKind.INTERNAL, error=f"No request could be built: {error!r}")
    return work


def _build(claim: Claim, content: EventContent, subscriber: LoadedSubscriber, now: datetime) -> BuiltRequest:
    webhook_id = claim.replay_of or claim.delivery_id
    return build(content, subscriber, webhook_id, claim.delivery_id, claim.attempts + 1, now)


def _timeouts(subscriber: LoadedSubscriber) -> Timeouts:
    most: float = settings.SWITCH_MAX_TIMEOUT_SECONDS
    return Timeouts(
        connect_seconds=min(subscriber.connect_timeout_seconds or settings.SWITCH_CONNECT_TIMEOUT_SECONDS, most),
        idle_seconds=min(subscriber.idle_timeout_seconds or settings.SWITCH_IDLE_TIMEOUT_SECONDS, most),
        total_seconds=min(subscriber.total_timeout_seconds or settings.SWITCH_TOTAL_TIMEOUT_SECONDS, most),
    )
