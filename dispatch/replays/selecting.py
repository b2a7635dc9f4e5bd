"""Which deliveries a replay is about: counted in advance, and found window by window, each of bounded work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Left

from dispatch.identifiers import first_id_at
from dispatch.ledger.sizing import Condition, count_rows, count_wanted, of_topic, on_topic, one_of
from dispatch.models import Delivery, Event, Replay
from dispatch.models.delivery import SETTLED
from dispatch.querysets import DeliveryQuerySet
from subscribers.topics import is_pattern

#: Counts are exact up to here.
COUNTED = 10_000
#: Rows that a count looks at, at most; a rare combination in a large ledger is then told as "at least".
LOOKED_AT = 100_000
#: Rows that a step looks at with one statement.
WINDOW = 1_000
#: How far the sets of rows are counted to find out which is the smaller.
COMPARED = 10_000
#: Events of a topic whose deliveries a count looks at.
EVENTS = 20_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; at least so many, if not exact."""

    number: int
    is_exact: bool

    @property
    def total(self) -> int | None:
        return self.number if self.is_exact else None

    def __str__(self) -> str:
        if self.is_exact:
            return f"{self.number:,}"
        return f"{COUNTED:,}+" if self.number >= COUNTED else f"at least {self.number:,}"


@dataclass(frozen=True, slots=True)
class Window:
    """The next ids of a scan, the id up to which it has looked, and whether that is the end."""

    ids: list[UUID]
    cursor: UUID | None
    is_last: bool


def count(wish: Replay) -> Count:
    """How many settled deliveries a wish is about. Some of them may be refused when their turn comes."""
    ways = _countable_ways(wish)
    seen = [count_rows(way.conditions, LOOKED_AT + 1) if way.is_whole else LOOKED_AT + 1 for way in ways]
    looked_at, way = min(zip(seen, ways, strict=True), key=lambda pair: pair[0])
    found = count_wanted(way.conditions, _wanted(wish), LOOKED_AT, COUNTED + 1)
    return Count(min(found, COUNTED), found <= COUNTED and looked_at <= LOOKED_AT)


@dataclass(frozen=True, slots=True)
class _Way:
    """Conditions that have an index; whether they hold for all that is wished."""

    conditions: list[Condition]
    is_whole: bool = True


def _countable_ways(wish: Replay) -> list[_Way]:
    span = _span_conditions(wish)
    ways = []
    if wish.topic:
        # Without the span, which would tempt a planner: what is wanted is looked for by it all the same.
        events = Event.objects.filter(topic=wish.topic).order_by()[: EVENTS + 1].count()
        ways.append(_Way([of_topic(wish.topic, EVENTS)], is_whole=events <= EVENTS))
    if wish.subscriber_id:
        ways.append(_Way([Condition("subscriber_id = %s", (wish.subscriber_id,)), *span]))
    if wish.state:
        ways.append(_Way([Condition("state = %s", (wish.state,)), *span]))
    return [*ways, _Way(span)] if span else ways


def _span_conditions(wish: Replay) -> list[Condition]:
    since = [Condition("id >= %s", (first_id_at(wish.since),))] if wish.since else []
    return since + ([Condition("id < %s", (first_id_at(wish.until),))] if wish.until else [])


def _wanted(wish: Replay) -> list[Condition]:
    found = [one_of("state", [wish.state] if wish.state else [state.value for state in SETTLED])]
    if wish.subscriber_id:
        found.append(Condition("subscriber_id = %s", (wish.subscriber_id,)))
    if wish.topic:
        found.append(on_topic(wish.topic))
    return found + _span_conditions(wish)


def count_events(wish: Replay) -> Count:
    """How many events a backfill looks at."""
    found = events(wish)[: COUNTED + 1].count()
    return Count(min(found, COUNTED), found <= COUNTED)


def events(wish: Replay) -> QuerySet[Event]:
    """The past events of a backfill, whose topic may be a pattern."""
    found = Event.objects.filter(**_span(wish)).order_by("id")
    if not is_pattern(wish.topic):
        return found.filter(topic=wish.topic)
    beginning = wish.topic[:-1]
    # Not LIKE, to which SQLite's upper and lower case are the same.
    return found.alias(beginning=Left("topic", len(beginning))).filter(beginning=beginning) if beginning else found


def next_window(wish: Replay, cursor: UUID | None, limit: int) -> Window:
    """Up to `limit` deliveries of the wish behind `cursor`, in the order of their ids, out of the next rows."""
    rows = _rows(wish, cursor)
    found = _chosen(wish, rows)
    if len(found) > limit:
        return Window(found[:limit], found[limit - 1], is_last=False)
    return Window(found, rows[-1][0] if rows else cursor, is_last=len(rows) < WINDOW)


def _rows(wish: Replay, cursor: UUID | None) -> list[tuple[UUID, str, int, UUID, datetime]]:
    ways = _ways(wish)
    # One index leads through the rows in the order of their ids; what else is wished is looked up in them.
    way = ways[0] if len(ways) == 1 else min(ways, key=lambda each: each.order_by()[:COMPARED].count())
    if cursor:
        way = way.filter(pk__gt=cursor)
    columns = way.order_by("pk").values_list("pk", "state", "subscriber_id", "event_id", "created_at")
    return list(columns[:WINDOW])


def _chosen(wish: Replay, rows: Sequence[tuple[UUID, str, int, UUID, datetime]]) -> list[UUID]:
    states = [wish.state] if wish.state else SETTLED
    kept = [
        (pk, event_id)
        for pk, state, subscriber_id, event_id, created_at in rows
        # Without this, a replay would run after its own deliveries.
        if state in states and wish.subscriber_id in (None, subscriber_id) and created_at < wish.created_at
    ]
    if not wish.topic:
        return [pk for pk, _ in kept]
    events = Event.objects.filter(pk__in={event_id for _, event_id in kept}, topic=wish.topic)
    on_topic = set(events.values_list("pk", flat=True))
    return [pk for pk, event_id in kept if event_id in on_topic]


def _ways(wish: Replay) -> list[DeliveryQuerySet]:
    """The sets of rows that hold all that is wished and have an index in the order of their ids."""
    spanned = _in_span(wish)
    ways = []
    if wish.subscriber_id:
        ways.append(spanned.filter(subscriber=wish.subscriber_id))
    if wish.state:
        ways.append(spanned.filter(state=wish.state))
    return ways or [spanned]


def _in_span(wish: Replay) -> DeliveryQuerySet:
    return Delivery.objects.filter(**_span(wish))


def _span(wish: Replay) -> dict[str, Any]:
    """By the time within the ids, which have an index."""
    since = {"pk__gte": first_id_at(wish.since)} if wish.since else {}
    return since | ({"pk__lt": first_id_at(wish.until)} if wish.until else {})
