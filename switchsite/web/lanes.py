"""Complete requests on their way to the threads that work on them.

Publishes are taken many at once, by few threads: what comes while one transaction commits shares the next one. All else
is taken one by one.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from switchsite.web.exchange import Exchange

#: A group is closed at so many publishes, or at so many bytes of bodies: a large batch has one to itself.
GROUP_PUBLISHES = 64
GROUP_BYTES = 128 << 10
#: A publish that has waited longer is given to one more thread: those before it may be slow.
PATIENCE_SECONDS = 0.05


@dataclass
class Lanes:
    """`threads` work on requests; `gatherers` of them take groups of publishes, more if those wait for long."""

    threads: int
    gatherers: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    #: Of the threads that wait, each with a lock that it waits for; the one that waits for the shortest is the last.
    _idle: list[threading.Lock] = field(default_factory=list)
    _publishes: deque[Exchange] = field(default_factory=deque)
    _others: deque[Exchange] = field(default_factory=deque)
    _gathering: int = 0
    _busy_with_others: int = 0

    def put(self, exchange: Exchange) -> None:
        with self._lock:
            (self._publishes if exchange.is_publish else self._others).append(exchange)
            if not exchange.is_publish or self._gathering < self.gatherers:
                self._wake()

    def hurry(self) -> bool:
        """Wakes one more thread if a publish has waited for too long. Whether any wait."""
        with self._lock:
            if self._has_overdue():
                self._wake()
            return bool(self._publishes)

    def take(self) -> list[Exchange]:
        """Waits for work: several publishes, or one other request. `done` has to follow."""
        while True:
            with self._lock:
                if taken := self._next():
                    return taken
                woken = threading.Lock()
                woken.acquire()
                self._idle.append(woken)
            woken.acquire()

    def done(self, taken: list[Exchange]) -> None:
        with self._lock:
            if taken[0].is_publish:
                self._gathering -= 1
            else:
                self._busy_with_others -= 1

    def _wake(self) -> None:
        """The thread that worked last: its connection, and what it needs of the memory, are still at hand."""
        if self._idle:
            self._idle.pop().release()

    def _next(self) -> list[Exchange]:
        if self._others and self._busy_with_others < self._most:
            self._busy_with_others += 1
            return [self._others.popleft()]
        if self._publishes and (self._gathering < self.gatherers or self._has_overdue()):
            self._gathering += 1
            return self._group()
        return []

    @property
    def _most(self) -> int:
        """Neither kind of request may occupy every thread."""
        return max(1, self.threads - 1)

    def _has_overdue(self) -> bool:
        if not self._publishes or self._gathering >= self._most:
            return False
        return time.monotonic() - self._publishes[0].came_at > PATIENCE_SECONDS

    def _group(self) -> list[Exchange]:
        group = [self._publishes.popleft()]
        size = group[0].size
        while self._publishes and len(group) < GROUP_PUBLISHES:
            size += self._publishes[0].size
            if size > GROUP_BYTES:
                break
            group.append(self._publishes.popleft())
        return group
