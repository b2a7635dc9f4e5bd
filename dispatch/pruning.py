"""Removes from the ledger what is past its time: step by step, so that nobody waits for it, and by one process only."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError

from dispatch import leases
from dispatch.ledger.pruning import (
    IdRange,
    Page,
    events_page,
    ranges_before,
    remove_counters,
    remove_deliveries,
    remove_events,
    remove_replays,
    settled_page,
)
from dispatch.ledger.removable import removable_deliveries, removable_events
from dispatch.retention import Retention

#: Rows of a transaction: it must be over before a publish that waits for it would notice.
BATCH = 300
#: For each second of work, so many of rest: the database is the publishers' for most of the time.
REST = 3.0

PRUNER = "pruner"
LEASE = timedelta(seconds=60)
RENEW_SECONDS = 5.0

#: Rows by what they were: `delivered`, `dead`, `cancelled`, `attempts`, `events`, `replays`, `counters`.
Removed = Counter[str]


def prune(now: datetime, batch: int, rest: Callable[[float], object]) -> Iterator[Removed]:
    """Removes what is past its time at `now`; yields what each step removed, and rests between them.

    `rest` is given seconds and waits; the steps end early if it returns true. A step that is cut off, by whatever,
    leaves the ledger whole: the next pass finds what it left.
    """
    steps = _steps(Retention.at(now), now, batch)
    while True:
        started = time.monotonic()
        removed = next(steps, None)
        worked = time.monotonic() - started
        if removed is None:
            return
        yield removed
        if rest(worked * REST):
            return


def _steps(retention: Retention, now: datetime, batch: int) -> Iterator[Removed]:
    """In this order: a delivery is in the way of its event, and of its replay."""
    for state, before in retention.by_state.items():
        if before:
            yield from _deliveries(state.value, before, now, batch)
    if before := retention.delivered:
        yield from _events(before, now, batch)
        yield from _until_fewer("replays", lambda: remove_replays(before, batch), batch)
        yield from _until_fewer("counters", lambda: remove_counters(before, batch), batch)


def _deliveries(state: str, before: datetime, now: datetime, batch: int) -> Iterator[Removed]:
    for page in _pages(lambda ids: settled_page(state, before, ids, batch), before, now):
        deliveries, attempts = remove_deliveries(state, before, page.removable) if page.removable else (0, 0)
        yield Counter({state: deliveries, "attempts": attempts})


def _events(before: datetime, now: datetime, batch: int) -> Iterator[Removed]:
    for page in _pages(lambda ids: events_page(before, ids, batch), before, now):
        try:
            yield Counter(events=remove_events(before, page.removable) if page.removable else 0)
        except IntegrityError:
            yield Counter()  # one of them has just got a delivery; the next pass takes the others


def _pages(look: Callable[[IdRange], Page], before: datetime, now: datetime) -> Iterator[Page]:
    for ids in ranges_before(before, now):
        page = look(ids)
        yield page
        while page.last:
            page = look(IdRange(page.last, ids.below))
            yield page


def _until_fewer(name: str, remove: Callable[[], int], batch: int) -> Iterator[Removed]:
    count = batch
    while count == batch:
        count = remove()
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
        is_ours = leases.acquire(PRUNER, self.owner, LEASE)
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
