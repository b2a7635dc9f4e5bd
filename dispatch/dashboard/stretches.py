"""Sums over stretches of time that are over: read once, then remembered by the process.

Counters grow with subscribers, topics and minutes, and a day of a large hub is more than a page may read. What is over
and counted changes no more.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from django.utils import timezone

from dispatch.counting import SETTLED_AFTER_SECONDS
from dispatch.ledger.volumes import counted_until

#: A try is counted in the minute in which it began, and written once it has ended.
LATE = timedelta(minutes=10)
#: The newest stretches are read whatever the time, and some older ones, so that it comes to an end.
AT_LEAST = 2
LAG = timedelta(seconds=SETTLED_AFTER_SECONDS)

Sums = TypeVar("Sums")

#: Reads the sums of all stretches of a span, by their beginning; those without any may be left out.
Reader = Callable[[datetime, datetime], dict[datetime, Sums]]


class Stretches(Generic[Sums]):
    """`at_once` stretches are read together, and `kept` are remembered."""

    def __init__(
        self, length: timedelta, read: Reader[Sums], empty: Callable[[], Sums], *, at_once: int, kept: int
    ) -> None:
        self.length = length
        self._read = read
        self._empty = empty
        self._at_once = at_once
        self._kept = kept
        self._known: dict[datetime, Sums] = {}

    def between(self, since: datetime, until: datetime, seconds: float) -> dict[datetime, Sums]:
        """The sums by the beginnings of their stretches, the newest first.

        What could not be read within so many seconds is left out, the oldest of it first; the next call goes on.
        """
        deadline = time.monotonic() + seconds
        starts = list(self._starts(since, until))
        final = counted_until(timezone.now(), LAG) - LATE
        found = {start: self._known[start] for start in starts if start in self._known}
        for number, run in enumerate(self._missing(starts)):
            if number >= AT_LEAST and time.monotonic() > deadline:
                break
            found |= self._sums(run, final)
        return dict(sorted(found.items(), reverse=True))

    def begin(self, moment: datetime) -> datetime:
        """The beginning of the stretch that holds the moment."""
        seconds = int(self.length.total_seconds())
        return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)

    def forget(self) -> None:
        self._known.clear()

    def _starts(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The newest first."""
        start = self.begin(until)
        while start + self.length > since:
            yield start
            start -= self.length

    def _missing(self, starts: list[datetime]) -> Iterator[list[datetime]]:
        """Neighbours among those that are not known, to be read together."""
        run: list[datetime] = []
        for start in starts:
            if start in self._known or len(run) == self._at_once:
                if run:
                    yield run
                run = []
            if start not in self._known:
                run.append(start)
        if run:
            yield run

    def _sums(self, run: list[datetime], final: datetime) -> dict[datetime, Sums]:
        read = self._read(run[-1], run[0] + self.length)
        found = {start: read.get(start) or self._empty() for start in run}
        self._known |= {start: sums for start, sums in found.items() if start + self.length <= final}
        for start in sorted(self._known)[: -self._kept]:
            self._known.pop(start, None)
        return found
