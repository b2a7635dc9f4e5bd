"""Folds the ledger into counters by minute, in order and a little behind; never on the way of a publish."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from dispatch.ledger import counting as ledger
from dispatch.ledger.counting import ATTEMPTS, DELAYS, EVENTS, NOTHING, TOTALS, CountedAttempt, CountedEvent, Table
from dispatch.models.counter import BUCKET_BOUNDS_MS

#: Rows are counted in the order of their ids, once so old that no transaction can still bring one with a lesser id.
SETTLED_AFTER_SECONDS = 10.0
#: A wide event waits to be counted until its deliveries are, but not for longer than this.
WIDE_WAITS = timedelta(minutes=10)
#: Rows that are counted at once. The memory that they and their pages take for a moment stays with the process.
CHUNK = 1_000

Cells = dict[Table, dict[tuple[Any, ...], list[int]]]


def bucket_of(milliseconds: float) -> int:
    """The place in BUCKET_BOUNDS_MS of the first bound that is not below, or one past the end."""
    return bisect_left(BUCKET_BOUNDS_MS, milliseconds)


def result_of(status: int | None, error_kind: str) -> str:
    """What came of an attempt, in a word: its status, or the kind of its error."""
    return error_kind if status is None else str(status)


def result_class(result: str) -> str:
    """A bounded set of labels: `2xx` for 204, and kinds of errors as they are."""
    return f"{result[0]}xx" if result.isdigit() else result


class Folder:
    """Counts what has come since the last call; one process at a time, but two do no harm."""

    def __init__(self) -> None:
        self._seen_at = float("-inf")
        self._newest_seen: int | None = None

    def fold(self) -> int:
        """One step; returns how many rows were counted. Raises DatabaseError."""
        return self._fold_attempts() + _fold_events(timezone.now())

    def _fold_attempts(self) -> int:
        if time.monotonic() - self._seen_at < SETTLED_AFTER_SECONDS:
            return 0
        up_to, newest = self._newest_seen, ledger.newest_attempt()
        counted = 0 if up_to is None else fold_attempts(up_to)
        if counted < CHUNK:
            self._newest_seen, self._seen_at = newest, time.monotonic()
        return counted


def fold_attempts(up_to: int) -> int:
    """Counts the next attempts up to the id `up_to`; returns how many."""
    before = ledger.position("attempt")
    attempts = ledger.attempts_between(int(before or 0), up_to, CHUNK)
    if not attempts:
        return 0
    is_ours = ledger.add("attempt", before, str(attempts[-1].id), _cells_of_attempts(attempts))
    return len(attempts) if is_ours else 0


def _cells_of_attempts(attempts: Sequence[CountedAttempt]) -> Cells:
    cells: Cells = {
        ATTEMPTS: defaultdict(lambda: [0]),
        DELAYS: defaultdict(lambda: [0]),
        TOTALS: defaultdict(lambda: [0]),
    }
    for attempt in attempts:
        result, bucket = result_of(attempt.status, attempt.error_kind), bucket_of(attempt.total_ms)
        minute = _minute(attempt.started_at)
        cells[ATTEMPTS][minute, attempt.subscriber_id, attempt.topic, result, bucket][0] += 1
        cells[TOTALS]["attempts", result_class(result)][0] += 1
        cells[TOTALS]["attempt_milliseconds", str(bucket)][0] += 1
        if result_class(result) == "2xx":
            delay = bucket_of(_delay_ms(attempt))
            cells[DELAYS][minute, attempt.topic, delay][0] += 1
            cells[TOTALS]["delay_milliseconds", str(delay)][0] += 1
    return cells


def _delay_ms(attempt: CountedAttempt) -> float:
    return (attempt.started_at - attempt.created_at) / timedelta(milliseconds=1) + attempt.total_ms


def _fold_events(now: datetime) -> int:
    before = ledger.position("event")
    after = UUID(before) if before else NOTHING
    found = ledger.events_after(after, now - timedelta(seconds=SETTLED_AFTER_SECONDS), CHUNK)
    events = _countable(found, now - WIDE_WAITS)
    if not events:
        return 0
    is_ours = ledger.add("event", before, str(events[-1].id), _cells_of_events(events))
    return len(events) if is_ours else 0


def _countable(events: Sequence[CountedEvent], received_before: datetime) -> Sequence[CountedEvent]:
    """Those before the first one whose deliveries are still being written."""
    for place, event in enumerate(events):
        if event.matched is None and event.received_at > received_before:
            return events[:place]
    return events


def _cells_of_events(events: Sequence[CountedEvent]) -> Cells:
    cells: Cells = {EVENTS: defaultdict(lambda: [0, 0]), TOTALS: defaultdict(lambda: [0])}
    for event in events:
        cell = cells[EVENTS][_minute(event.received_at), event.topic, event.author]
        cell[0] += 1
        cell[1] += event.matched or 0
        cells[TOTALS]["events", ""][0] += 1
        cells[TOTALS]["deliveries", ""][0] += event.matched or 0
    return cells


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
