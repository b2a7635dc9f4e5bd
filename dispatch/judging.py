"""Judges the deliveries that were held for a broken filter, once the filter compiles: due, or cancelled."""

from collections.abc import Mapping, Sequence
from itertools import islice
from uuid import UUID

from django.utils import timezone

from dispatch.ledger.loading import LoadedEvent, load_event, load_events
from dispatch.ledger.releasing import Held, held_as_broken, release_judged
from dispatch.models import Delivery
from dispatch.payloads import PayloadError, parse_json
from subscribers.filters import Filter, FilterError, compile_filter
from subscribers.models import Subscriber

#: Deliveries judged at once.
CHUNK = 500
#: Events whose payloads are in memory at once: one may have a mebibyte.
EVENTS_AT_ONCE = 50


def release_repaired() -> tuple[int, int]:
    """Judges up to `CHUNK` deliveries; returns how many were released, and how many cancelled."""
    filters = repaired_filters()
    held = held_as_broken(list(filters), CHUNK)
    taken = _taken(held, filters)
    left = [each.delivery_id for each in held if each.delivery_id not in taken]
    return release_judged(sorted(taken), left, timezone.now())


def repaired_filters() -> dict[int, Filter]:
    """The filters that compile of those subscribers for whose broken one deliveries are still held."""
    return {pk: expression for pk, expression in _filters().items() if expression is not None}


def broken_subscribers() -> list[int]:
    """Those for whose filter, which does not compile, deliveries are held."""
    return [pk for pk, expression in _filters().items() if expression is None]


def _filters() -> dict[int, Filter | None]:
    held = Delivery.objects.held().filter(reason=Delivery.Reason.BROKEN)
    subscribers = Subscriber.objects.existing().filter(pk__in=held.values("subscriber"))
    return {pk: _compiled(expression) for pk, expression in subscribers.values_list("pk", "filter_expression")}


def _taken(held: Sequence[Held], filters: Mapping[int, Filter]) -> set[UUID]:
    by_event: dict[UUID, list[Held]] = {}
    for each in held:
        by_event.setdefault(each.event_id, []).append(each)
    waiting, taken = iter(by_event), set[UUID]()
    while ids := list(islice(waiting, EVENTS_AT_ONCE)):
        small, large = load_events(ids)
        for event_id in ids:
            event = load_event(event_id) if event_id in large else small.get(event_id)
            taken |= _takers(by_event[event_id], event, filters)
    return taken


def _takers(held: Sequence[Held], event: LoadedEvent | None, filters: Mapping[int, Filter]) -> set[UUID]:
    """Those whose filter takes the event, and all where it is damaged: to be due is to be settled in words."""
    try:
        data = parse_json(event.payload if event else "")
    except PayloadError:
        return {each.delivery_id for each in held}
    return {each.delivery_id for each in held if filters[each.subscriber_id].matches(data)}


def _compiled(expression: str) -> Filter | None:
    try:
        return compile_filter(expression)
    except FilterError:
        return None
