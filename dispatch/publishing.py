"""Accepts events: matches them, stores them with their deliveries in one transaction, and lets their jobs be pushed."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from dispatch import outages, pushing
from dispatch.cloudevents import in_no_mode
from dispatch.identifiers import new_id
from dispatch.jobs import fan_out_job, first_jobs
from dispatch.ledger.accepting import (
    DeliveryRow,
    EventRow,
    correct_matched,
    insert_at_once,
    insert_deliveries,
    insert_events,
)
from dispatch.ledger.dialect import atomic_cursor, is_postgres, one_trip_cursor
from dispatch.models import Event
from dispatch.payloads import canonical, parse_json
from dispatch.queues import uses_faktory
from dispatch.queues.base import Job
from dispatch.tracing.context import NOTHING, Trace
from subscribers import matching

#: After so long a thread tries its luck with the database, which says what is wrong.
TURN_SECONDS = 5.0
UNREAD = object()
_writer = threading.Lock()


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A checked event: `data` is what filters see, `payload` the same as JSON text; UNREAD is to be read from that."""

    topic: str
    author: str
    data: Any
    payload: str
    idempotency_key: str | None
    trace: Trace | None = None

    def unread(self) -> "NewEvent":
        """The same in less memory."""
        return replace(self, data=UNREAD)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to one event. `matched` is None while the deliveries of a wide event are still being written."""

    id: UUID
    topic: str
    matched: int | None
    is_duplicate: bool = False


class IdempotencyConflictError(Exception):
    """The key of `event_id` came again with another content."""

    def __init__(self, event_id: UUID, key: str) -> None:
        super().__init__(f"The idempotency key {key!r} was used before for another topic or payload.")
        self.event_id = event_id


#: What comes of one event.
Result = Accepted | IdempotencyConflictError


@dataclass(frozen=True, slots=True)
class _Plan:
    """An event as it is to be stored, with its deliveries and their retry limits; `is_wide` leaves those for later."""

    new: NewEvent
    row: EventRow
    deliveries: list[DeliveryRow]
    retry_limits: list[int]
    is_wide: bool

    def jobs(self) -> list[Job]:
        if self.is_wide:
            return [fan_out_job(self.row.id)]
        if not self.deliveries:
            return []
        pairs = zip(self.deliveries, self.retry_limits, strict=True)
        return first_jobs([(delivery.id, retry_limit) for delivery, retry_limit in pairs if not delivery.hold_reason])


def accept(events: Sequence[NewEvent]) -> list[Result]:
    """Stores the events and their deliveries, all in one transaction; answers in the order given.

    An event whose key is known is not stored again: it gets the first answer, or a conflict if its content differs.
    Raises django.db.DatabaseError if the database does not answer: then nothing is stored, unless it died while it
    committed.
    """
    now = timezone.now()
    snapshot = matching.current()
    plans = [_plan(event, snapshot, now) for event in events]
    answers: list[Result] | None = None
    if is_postgres() and not any(event.idempotency_key for event in events):
        answers = _store_at_once(plans, snapshot, now)
    answers = answers or _store(plans, snapshot, now)
    outages.database.end()
    return answers


def _store_at_once(plans: Sequence[_Plan], snapshot: matching.Snapshot, now: datetime) -> list[Result] | None:
    """One way to Postgres and back, where a transaction takes four. None if subscribers have changed meanwhile."""
    with one_trip_cursor() as cursor:
        version = insert_at_once(
            cursor,
            [plan.row for plan in plans],
            [delivery for plan in plans for delivery in plan.deliveries],
            snapshot.version,
            now,
            is_queued=not uses_faktory(),
        )
    if version != snapshot.version:
        return None
    _push_behind_commit(plans)
    return list(map(_answer, plans))


def _store(plans: Sequence[_Plan], snapshot: matching.Snapshot, now: datetime) -> list[Result]:
    with _turn(), atomic_cursor() as cursor:
        written, version = insert_events(cursor, [plan.row for plan in plans])
        stored = [plan for plan in plans if plan.row.id in written]
        if stored and version != snapshot.version:
            snapshot = matching.at_version(version)
            stored = [_plan(plan.new, snapshot, now, plan.row.id) for plan in stored]
            correct_matched(cursor, [(plan.row.id, plan.row.matched, plan.row.fan_out) for plan in stored])
        deliveries = [delivery for plan in stored for delivery in plan.deliveries]
        insert_deliveries(cursor, deliveries, now, is_queued=not uses_faktory())
        _push_behind_commit(stored)
        by_id = {plan.row.id: plan for plan in stored}
        # Before the commit: whatever fails behind it would say of stored events that they are not.
        return [_answer(by_id[plan.row.id]) if plan.row.id in written else _answer_again(plan.new) for plan in plans]


def _push_behind_commit(plans: Sequence[_Plan]) -> None:
    jobs = [job for plan in plans for job in plan.jobs()]
    transaction.on_commit(lambda: pushing.push(jobs))


@contextmanager
def _turn() -> Iterator[None]:
    """SQLite has one writer at a time; threads of one process wait for it here, where they are woken at once.

    SQLite itself would let them sleep, and sleep longer each time they find it taken. A thread inside a transaction is
    that writer already: to wait for a turn would be to wait for one who waits for it.
    """
    needs_one = not is_postgres() and not connection.in_atomic_block
    is_taken = needs_one and _writer.acquire(timeout=TURN_SECONDS)
    try:
        yield
    finally:
        if is_taken:
            _writer.release()


def _plan(event: NewEvent, snapshot: matching.Snapshot, now: datetime, event_id: UUID | None = None) -> _Plan:
    event_id = event_id or new_id()
    data = parse_json(event.payload) if event.data is UNREAD else event.data
    found = snapshot.match_up_to(settings.SWITCH_FAN_OUT_LIMIT, event.topic, data)
    is_wide = found is None
    matches = found or []
    row = EventRow(
        id=event_id,
        topic=event.topic,
        author=event.author,
        payload=event.payload,
        size=len(event.payload) if event.payload.isascii() else len(event.payload.encode()),
        idempotency_key=event.idempotency_key,
        received_at=now,
        matched=None if is_wide else len(matches),
        fan_out=(Event.FanOut.PENDING if is_wide else Event.FanOut.DONE).value,
        attributes=event.trace.as_attributes() if event.trace else NOTHING,
    )
    deliveries = [delivery_row(event_id, candidate) for candidate in matches]
    return _Plan(event, row, deliveries, [candidate.retry_limit for candidate in matches], is_wide)


def delivery_row(event_id: UUID, candidate: matching.Candidate) -> DeliveryRow:
    """A new delivery of the event, held from the start if the subscriber is paused or its filter broken."""
    return DeliveryRow(new_id(), event_id, candidate.subscriber_id, candidate.revision, candidate.hold_reason)


def _answer(plan: _Plan) -> Accepted:
    return Accepted(plan.row.id, plan.row.topic, plan.row.matched)


def _answer_again(new: NewEvent) -> Result:
    first = Event.objects.get(author=new.author, idempotency_key=new.idempotency_key)
    if first.topic != new.topic or not _is_same(first.payload, new.payload):
        return IdempotencyConflictError(first.id, new.idempotency_key or "")
    return Accepted(first.id, first.topic, first.matched, is_duplicate=True)


def _is_same(stored: str, received: str) -> bool:
    # As texts: to Python 1 is True, and two numbers beyond a float are one.
    return stored == received or canonical(stored, in_no_mode) == canonical(received, in_no_mode)
