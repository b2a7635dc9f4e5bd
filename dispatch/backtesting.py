"""Asks what a filter expression would have taken of the newest events, and what it would change."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from dispatch.identifiers import first_id_at
from dispatch.models import Event
from dispatch.payloads import parse_json
from subscribers.filters import Filter, FilterError, compile_filter
from subscribers.topics import covers, is_pattern

EVENTS = 1_000
SECONDS = 2.0
#: Event ids that are named of each kind.
NAMED = 50
#: Events whose ids are read with one statement, and the bytes of payloads that are in memory at once.
WINDOW = 250
MAX_BYTES = 4 << 20


@dataclass(slots=True)
class Group:
    """Events of one kind: how many there are, and the newest of them."""

    count: int = 0
    events: list[UUID] = field(default_factory=list)

    def add(self, event_id: UUID) -> None:
        self.count += 1
        if len(self.events) < NAMED:
            self.events.append(event_id)


@dataclass(slots=True)
class BackTest:
    """What the new expression takes of the events looked at, what it gains and loses against the saved one.

    `is_cut_short` says that the time was over before as many events were looked at as would have been.
    """

    looked_at: int = 0
    is_cut_short: bool = False
    taken: Group = field(default_factory=Group)
    gained: Group = field(default_factory=Group)
    lost: Group = field(default_factory=Group)
    unknown: Group = field(default_factory=Group)


def back_test(
    topic: str,
    expression: str,
    saved: str | None = None,
    *,
    since: datetime | None = None,
    events: int = EVENTS,
    seconds: float = SECONDS,
) -> BackTest:
    """Judges the newest `events` of a topic or pattern, or as many as `seconds` suffice for; none older than `since`.

    `saved` is the expression to compare with; None, or one that does not compile, takes nothing. Raises FilterError.
    """
    new, old = compile_filter(expression), _compiled(saved)
    deadline = time.monotonic() + seconds
    found = BackTest()
    for event_id, payload in _newest(topic, since, events, deadline):
        if payload is None or time.monotonic() > deadline:
            found.is_cut_short = True
            break
        _judge(found, event_id, parse_json(payload), new, old)
    return found


def _compiled(expression: str | None) -> Filter | None:
    try:
        return None if expression is None else compile_filter(expression)
    except FilterError:
        return None


def _judge(found: BackTest, event_id: UUID, data: object, new: Filter, old: Filter | None) -> None:
    result = new.evaluate(data)
    found.looked_at += 1
    if not isinstance(result, bool):
        found.unknown.add(event_id)
    is_taken, was_taken = result is True, old is not None and old.matches(data)
    if is_taken:
        found.taken.add(event_id)
    if is_taken != was_taken:
        (found.gained if is_taken else found.lost).add(event_id)


def _newest(topic: str, since: datetime | None, limit: int, deadline: float) -> Iterator[tuple[UUID, str | None]]:
    """Ids and payloads, the newest first; a last one without a payload if the time was over while looking."""
    for ids in _batches(topic, since, limit, deadline):
        if not ids:
            yield UUID(int=0), None
            return
        payloads = dict(Event.objects.filter(pk__in=ids).values_list("pk", "payload"))
        # Retention goes on meanwhile.
        yield from ((event_id, payloads[event_id]) for event_id in ids if event_id in payloads)


def _batches(topic: str, since: datetime | None, limit: int, deadline: float) -> Iterator[list[UUID]]:
    """Ids whose payloads fit into memory together; an empty batch if the time is over."""
    batch: list[UUID] = []
    size = taken = 0
    for event_id, event_topic, event_size in _rows(topic, since):
        if time.monotonic() > deadline:
            yield from (batch, []) if batch else ([],)
            return
        if not covers(topic, event_topic):
            continue
        if batch and size + event_size > MAX_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(event_id)
        size, taken = size + event_size, taken + 1
        if taken == limit:
            break
    if batch:
        yield batch


def _rows(topic: str, since: datetime | None) -> Iterator[tuple[UUID, str, int]]:
    """Window after window along an index. No index knows patterns: for one, all events are walked through."""
    walked: QuerySet[Event] = Event.objects.order_by("-pk")
    if since:
        walked = walked.filter(pk__gte=first_id_at(since))
    if not is_pattern(topic):
        walked = walked.filter(topic=topic)
    cursor: UUID | None = None
    while True:
        window = walked.filter(pk__lt=cursor) if cursor else walked
        rows = list(window.values_list("pk", "topic", "size")[:WINDOW])
        yield from rows
        if len(rows) < WINDOW:
            return
        cursor = rows[-1][0]
