"""Sends a test from a subscriber's form: to the saved URL as a delivery would be, or a sample to one not yet saved."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, path

from dispatch import trying
from dispatch.admin.workbench import Answer, AskedWrongError, demand, event_of, may_write, question, saved_subscriber
from dispatch.api.serializers.testing import shown_trial
from dispatch.ledger.loading import LoadedEvent
from dispatch.payloads import parse_json
from dispatch.turns import turn
from subscribers.filters import FilterError, Unknown, compile_filter
from subscribers.models import Subscriber
from subscribers.topics import covers
from subscribers.validators import validate_target_url, validate_topic

SAVED, WRITTEN = "saved filter", "filter in the form"
SEND = "dispatch.change_delivery"


@question
def trial(request: HttpRequest) -> Answer:
    """One request now, and what came of it."""
    demand(request.user.has_perm(SEND))
    subscriber, url = saved_subscriber(request), request.POST.get("target_url", "").strip()
    if subscriber is None or url != subscriber.target_url:
        return _to_unsaved(request, url)
    demand(request.user.has_perm("subscribers.view_subscriber"))
    event = _event(request, subscriber)
    with turn():
        sent = trying.try_out(subscriber, event, request.user.get_username())
    saved = subscriber.filter_expression
    written = request.POST.get("filter_expression", saved) if may_write(request) else saved
    return _told(sent) | {"notes": _notes(subscriber, event, written), "is_saved": True}


def _to_unsaved(request: HttpRequest, url: str) -> Answer:
    demand(may_write(request))
    if request.POST.get("event"):
        raise AskedWrongError(
            "An event that was published is only sent to the saved URL. Send a sample, or save first."
        )
    topic = request.POST.get("topic", "")
    validate_topic(topic)
    validate_target_url(url)
    event = trying.sample_for(topic, url)
    with turn():
        sent = trying.try_url(event, url, request.user.get_username())
    reason = _not_taken(request.POST.get("filter_expression", ""), event, WRITTEN)
    return _told(sent) | {"notes": [reason] if reason else [], "is_saved": False}


def _event(request: HttpRequest, subscriber: Subscriber) -> LoadedEvent:
    if not request.POST.get("event"):
        return trying.sample(subscriber)
    event = event_of(request)
    return LoadedEvent(event.pk, event.topic, event.author, event.payload)


def _told(sent: trying.Trial) -> Answer:
    status = sent.outcome.status
    return shown_trial(sent) | {"is_success": status is not None and 200 <= status < 300}


def _notes(subscriber: Subscriber, event: LoadedEvent, written: str) -> list[str]:
    """Why a delivery of this event would not come about; `written` is the filter as it stands in the form."""
    notes = []
    if not covers(subscriber.topic, event.topic):
        notes.append(f"The event is of the topic {event.topic}, which the subscriber does not want.")
    if reason := _not_taken(subscriber.filter_expression, event, SAVED):
        notes.append(reason)
    if _is_edited(subscriber, written) and (reason := _not_taken(written, event, WRITTEN)):
        notes.append(reason)
    if subscriber.is_paused:
        notes.append("The subscriber is paused: its events are held. A test is sent all the same.")
    return notes


def _is_edited(subscriber: Subscriber, written: str) -> bool:
    """A form sends each line break as two characters."""
    return written.replace("\r\n", "\n").strip() != subscriber.filter_expression.replace("\r\n", "\n").strip()


def _not_taken(expression: str, event: LoadedEvent, name: str) -> str:
    try:
        result: Any = compile_filter(expression).evaluate(parse_json(event.payload))
    except FilterError:
        return f"The {name} does not compile{': its events are held' if name == SAVED else ''}."
    if isinstance(result, Unknown):
        return f"The {name} would not take this event: it is unknown. {result.reason}"
    return "" if result else f"The {name} would not take this event: it is false."


def urls(site: AdminSite) -> list[URLPattern]:
    return [path("workbench/trial/", site.admin_view(trial), name="subscribers_subscriber_trial")]
