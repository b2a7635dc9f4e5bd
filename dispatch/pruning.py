"""Removes from the ledger what is past its time: step by step, so that nobody waits for it, and by one process only."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError

from dispatch import leases
from dispatch.ledger.pruning import (
    COUNTERS,
    IdRange,
    Page,
    events_page,
    ranges_before,
    remove_alerts,
    remove_counters,
    remove_deliveries,
    remove_events,
    remove_replays,
    settled_page,
)
from dispatch.ledger.removable import removable_deliveries, removable_events
from dispatch.retention import Retention

#: Rows of a transaction: it must be over before a publish that waits for it would notice.
BATCH = 200
#: For each second of work, so many of rest: the database is the publishers' for most of the time.
REST = 9.0
#: A pass that lasts has much to do, or hardly gets its turn: with each minute it becomes bolder, up to so many times.
BOLDER_EVERY_SECONDS = 60.0
BOLDEST = 4

PRUNER = "pruner"
LEASE = timedelta(seconds=60)
#: No process that has nothing to do keeps the others away for longer.
LONGEST_LEAVE = timedelta(minutes=5)
RENEW_SECONDS = 5.0

#: Rows by what they were: `delivered`, `dead`, `cancelled`, `attempts`, `events`, `replays`, `alerts`, `counters`.
Removed = Counter[str]


class Pace:
    """How many rows a step takes and how long it rests: larger steps and shorter rests the longer a pass lasts."""

    def __init__(self, batch: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._batch = batch
        self._clock = clock
        self._started_at = clock()

    @property
    def boldness(self) -> int:
        return min(BOLDEST, 1 + int((self._clock() - self._started_at) / BOLDER_EVERY_SECONDS))

    @property
    def batch(self) -> int:
        return self._batch * self.boldness

    def rest_after(self, worked_seconds: float) -> float:
        return worked_seconds * REST / self.boldness


def prune(now: datetime, batch: int, rest: Callable[[float], object]) -> Iterator[Removed]:
    """Removes what is past its time at `now`; yields what each step removed, and rests between them.

    `rest` is given seconds and waits; the steps end early if it returns true. A step that is cut off, by whatever,
    leaves the ledger whole: the next pass finds what it left.
    """
    pace = Pace(batch)
    steps = _steps(Retention.at(now), now, pace)
    while True:
        started = time.monotonic()
        removed = next(steps, None)
        worked = time.monotonic() - started
        if removed is None:
            return
        yield removed
        if rest(pace.rest_after(worked)):
            return


def _steps(retention: Retention, now: datetime, pace: Pace) -> Iterator[Removed]:
    """In this order: a delivery is in the way of its event, and of its replay."""
    for state, before in retention.by_state.items():
        if before:
            yield from _deliveries(state.value, before, now, pace)
    if before := retention.delivered:
        yield from _events(before, now, pace)
        yield from _until_fewer("replays", partial(remove_replays, before), pace)
        yield from _until_fewer("alerts", partial(remove_alerts, before), pace)
        for table in COUNTERS:
            yield from _until_fewer("counters", partial(remove_counters, table, before), pace)


def _deliveries(state: str, before: datetime, now: datetime, pace: Pace) -> Iterator[Removed]:
    for page in _pages(partial(settled_page, state, before), before, now, pace):
        deliveries, attempts = remove_deliveries(state, before, page.removable) if page.removable else (0, 0)
        yield Counter({state: deliveries, "attempts": attempts})


def _events(before: datetime, now: datetime, pace: Pace) -> Iterator[Removed]:
    for page in _pages(partial(events_page, before), before, now, pace):
        try:
            yield Counter(events=remove_events(before, page.removable) if page.removable else 0)
        except IntegrityError:
            yield Counter()  # one of them has just got a delivery; the next pass takes the others


def _pages(look: Callable[[IdRange, int], Page], before: datetime, now: datetime, pace: Pace) -> Iterator[Page]:
    for ids in ranges_before(before, now):
        page = look(ids, pace.batch)
        yield page
        while page.last:
            page = look(IdRange(page.last, ids.below), pace.batch)
            yield page


def _until_fewer(name: str, remove: Callable[[int], int], pace: Pace) -> Iterator[Removed]:
    count = batch = pace.batch
    while count == batch:
        count = remove(batch)
        yield Counter({name: count})


def removable(now: datetime) -> Removed:
    """What `prune` would remove now, as far as deliveries, attempts and events are concerned. Reads all of it."""
    retention = Retention.at(now)
    found: Removed = Counter()
    for state, before in retention.by_state.items():
        if before:
            found[state.value], attempts = removable_deliveries(state.value, before, now)
            found["attempts"] += attempts
    found["events"] = removable_events(retention, now)
    return found


def as_text(removed: Removed) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in removed.items() if count) or "nothing"


class Turn:
    """The right to prune, which one process has at a time. That two prune at once would harm nothing but speed."""

    def __init__(self, owner: UUID) -> None:
        self.owner = owner
        self._renewed_at = 0.0

    def take(self) -> bool:
        """False while another process has it."""
        is_ours = leases.acquire(PRUNER, self.owner, LEASE, LONGEST_LEAVE)
        self._renewed_at = time.monotonic() if is_ours else 0.0
        return is_ours

    def take_over(self) -> None:
        """Whoever has it stops within seconds."""
        self._renewed_at = time.monotonic()
        leases.take_over(PRUNER, self.owner, LEASE)

    def keep(self) -> bool:
        """To be called between steps; False if another process has taken it over."""
        return time.monotonic() - self._renewed_at < RENEW_SECONDS or self.take()

    def leave(self, duration: timedelta) -> None:
        """Keeps the others away for so long: there is nothing to do before."""
        leases.acquire(PRUNER, self.owner, duration)

    def give_up(self) -> None:
        leases.give_up(PRUNER, self.owner)
