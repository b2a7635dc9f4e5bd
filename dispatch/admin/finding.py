"""What unfold's command palette finds: a row by its id, a subscriber by its name, a topic; each by an index."""

import re
from collections.abc import Iterator
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from dispatch.admin.ledger import as_id
from dispatch.admin.suggesting import deleted_like, subscribers_like, topics_like
from dispatch.models import Attempt, Delivery, Event, Replay
from dispatch.replays.telling import about
from subscribers.models import Subscriber
from subscribers.querysets import MAX_ID_DIGITS

ICONS = {Event: "bolt", Delivery: "send", Replay: "replay", Attempt: "http", Subscriber: "hub"}
#: Of names and topics each.
OFFERED = 8
#: The end of an id, as lists show it, is looked for among so many of the newest: no index leads to it.
NEWEST = 10_000
ID_END = re.compile(r"…?([0-9a-f]{8})", re.IGNORECASE)


def find_anything(request: HttpRequest, term: str) -> list[SearchResult]:
    """Called by unfold, which lowers the term: names and topics tell their letters apart, so it is taken as typed."""
    text = request.GET.get("s", term).strip()
    if row_id := as_id(text):
        return list(_by_id(request, row_id))
    if end := ID_END.fullmatch(text):
        ids = _newest_that_end(end[1].lower())
        found = [result for each in ids for result in _by_id(request, each)]
        if found or text.startswith("…"):
            return found
    subscribers = [*_subscribers(request, text), *_deleted_subscribers(request, text)]
    return [*_by_number(request, text), *subscribers, *_topics(request, text)]


def _by_id(request: HttpRequest, row_id: UUID) -> Iterator[SearchResult]:
    if _may_see(request, Event) and (event := Event.objects.defer("payload").filter(pk=row_id).first()):
        yield _result(event, f"Event on {event.topic}")
    deliveries = Delivery.objects.select_related("subscriber")
    if _may_see(request, Delivery) and (delivery := deliveries.filter(pk=row_id).first()):
        yield _result(delivery, f"Delivery to {delivery.subscriber}, {delivery.state}")
    replays = Replay.objects.select_related("subscriber")
    if _may_see(request, Replay) and (replay := replays.filter(pk=row_id).first()):
        yield _result(replay, f"Replay: {about(replay)}")


def _newest_that_end(end: str) -> list[UUID]:
    newest = (
        model.objects.order_by("-pk").values_list("pk", flat=True)[:NEWEST] for model in (Event, Delivery, Replay)
    )
    return [each for ids in newest for each in ids if each.hex.endswith(end)]


def _by_number(request: HttpRequest, text: str) -> Iterator[SearchResult]:
    if not (text.isascii() and text.isdigit() and len(text) < MAX_ID_DIGITS):
        return
    attempts = Attempt.objects.select_related("delivery__subscriber")
    if _may_see(request, Attempt) and (attempt := attempts.filter(pk=int(text)).first()):
        yield _result(attempt, f"Attempt {attempt.number} of a delivery to {attempt.delivery.subscriber}")


def _subscribers(request: HttpRequest, text: str) -> Iterator[SearchResult]:
    if _may_see(request, Subscriber):
        for subscriber in subscribers_like(text)[:OFFERED]:
            yield _result(subscriber, f"Subscriber of {subscriber.topic}")


def _deleted_subscribers(request: HttpRequest, text: str) -> Iterator[SearchResult]:
    """They have no page of their own any more; what they were sent is there."""
    if not (_may_see(request, Subscriber) and _may_see(request, Delivery)):
        return
    for subscriber in deleted_like(text)[:OFFERED]:
        url = reverse("admin:dispatch_delivery_changelist", query={"subscriber": subscriber.pk})
        yield SearchResult(
            title=f"{subscriber} (deleted)", description="Deleted subscriber: its deliveries", link=url, icon="hub"
        )


def _topics(request: HttpRequest, text: str) -> Iterator[SearchResult]:
    if _may_see(request, Event):
        for topic in topics_like(text)[:OFFERED]:
            url = reverse("admin:dispatch_event_changelist", query={"topic": topic})
            yield SearchResult(title=topic, description="Topic: its events", link=url, icon="label")


def _result(instance: Model, description: str) -> SearchResult:
    options = instance._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[instance.pk])
    return SearchResult(title=str(instance), description=description, link=url, icon=ICONS[type(instance)])


def _may_see(request: HttpRequest, model: type[Model]) -> bool:
    return bool(request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"))
