"""Which deliveries a replay is about: counted in advance, and found window by window, each of bounded work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Left

from dispatch.identifiers import first_id_at
from dispatch.ledger.sizing import (
    Condition,
    count_firsts,
    count_rows,
    count_wanted,
    of_existing_subscribers,
    of_topic,
    on_topic,
    one_of,
    with_error,
    without_replay,
)
from dispatch.models import Attempt, Delivery, Event, Replay
from dispatch.models.delivery import SETTLED
from dispatch.outcomes import UNSENT
from dispatch.querysets import DeliveryQuerySet
from dispatch.replaying import refusing_states
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

    @property
    def is_one(self) -> bool:
        return self.is_exact and self.number == 1

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


class _Row(NamedTuple):
    """What a window asks of a delivery."""

    pk: UUID
    state: str
    reason: str
    last_status: int | None
    attempts: int
    subscriber_id: int
    event_id: UUID
    created_at: datetime


def count(wish: Replay) -> Count:
    """How many settled deliveries a wish is about. Some of them may be refused when their turn comes."""
    rows, way = _shortest_way(wish)
    found = count_wanted(way, _wanted(wish), LOOKED_AT, COUNTED + 1)
    return Count(min(found, COUNTED), found <= COUNTED and rows <= LOOKED_AT)


def count_replayable(wish: Replay) -> Count:
    """How many of them would be sent again now: none that an earlier replay has taken, and none twice."""
    rows, way = _shortest_way(wish)
    wanted = [*_wanted(wish), of_existing_subscribers(), without_replay(refusing_states(wish.state))]
    found, firsts = count_firsts(way, wanted, LOOKED_AT, COUNTED + 1)
    return Count(min(firsts, COUNTED), found <= COUNTED and rows <= LOOKED_AT)


@dataclass(frozen=True, slots=True)
class _Way:
    """Conditions that have an index; whether they hold for all that is wished."""

    conditions: list[Condition]
    is_whole: bool = True


def _shortest_way(wish: Replay) -> tuple[int, list[Condition]]:
    """The way that leads through the fewest rows, and how many, up to one more than are looked at."""
    ways = _countable_ways(wish)
    seen = [count_rows(way.conditions, LOOKED_AT + 1) if way.is_whole else LOOKED_AT + 1 for way in ways]
    rows, way = min(zip(seen, ways, strict=True), key=lambda pair: pair[0])
    return rows, way.conditions


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
    if span:
        ways.append(_Way(span))
    return ways or [_Way([_in_states(wish)])]


def _span_conditions(wish: Replay) -> list[Condition]:
    since = [Condition("id >= %s", (first_id_at(wish.since),))] if wish.since else []
    return since + ([Condition("id < %s", (first_id_at(wish.until),))] if wish.until else [])


def _wanted(wish: Replay) -> list[Condition]:
    found = [_in_states(wish)]
    if wish.reason:
        found.append(Condition("reason = %s", (wish.reason,)))
    if wish.status_from is not None and wish.status_to is not None:
        found.append(Condition("last_status BETWEEN %s AND %s", (wish.status_from, wish.status_to)))
    if wish.error:
        found.append(with_error(wish.error))
    if wish.subscriber_id:
        found.append(Condition("subscriber_id = %s", (wish.subscriber_id,)))
    if wish.topic:
        found.append(on_topic(wish.topic))
    return found + _span_conditions(wish)


def _in_states(wish: Replay) -> Condition:
    return one_of("state", [wish.state] if wish.state else [state.value for state in SETTLED])


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


def _rows(wish: Replay, cursor: UUID | None) -> list[_Row]:
    ways = _ways(wish)
    # One index leads through the rows in the order of their ids; what else is wished is looked up in them.
    way = ways[0] if len(ways) == 1 else min(ways, key=lambda each: each.order_by()[:COMPARED].count())
    if cursor:
        way = way.filter(pk__gt=cursor)
    return [_Row(*each) for each in way.order_by("pk").values_list(*_Row._fields)[:WINDOW]]


def _chosen(wish: Replay, rows: Sequence[_Row]) -> list[UUID]:
    kept = [row for row in rows if _is_wanted(wish, row)]
    if wish.error:
        kept = _with_error(wish.error, kept)
    if not wish.topic:
        return [row.pk for row in kept]
    events = Event.objects.filter(pk__in={row.event_id for row in kept}, topic=wish.topic)
    on_topic = set(events.values_list("pk", flat=True))
    return [row.pk for row in kept if row.event_id in on_topic]


def _is_wanted(wish: Replay, row: _Row) -> bool:
    return (
        row.state in ([wish.state] if wish.state else SETTLED)
        and wish.subscriber_id in (None, row.subscriber_id)
        and wish.reason in ("", row.reason)
        and _has_status(wish, row)
        # Without this, a replay would run after its own deliveries.
        and row.created_at < wish.created_at
    )


def _with_error(kind: str, rows: Sequence[_Row]) -> list[_Row]:
    """Those whose last attempt ended without an answer, by an error of this kind, or was none, if it is UNSENT."""
    numbers = {row.pk: row.attempts for row in rows if row.last_status is None}
    failed = Attempt.objects.filter(delivery__in=numbers).exclude(error_kind="")
    found = failed.values_list("delivery_id", "number", "error_kind")
    kinds = {delivery_id: error for delivery_id, number, error in found if number == numbers[delivery_id]}
    return [row for row in rows if row.pk in numbers and kinds.get(row.pk, UNSENT) == kind]


def _has_status(wish: Replay, row: _Row) -> bool:
    if wish.status_from is None or wish.status_to is None:
        return True
    return row.last_status is not None and wish.status_from <= row.last_status <= wish.status_to


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
