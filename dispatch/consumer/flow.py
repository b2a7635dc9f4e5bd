"""What the threads of a consumer process share: how much is on its way, what waits for whom, and whether to stop."""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from django.utils import timezone

from dispatch.consumer.freight import Freight
from dispatch.consumer.work import Work

#: With less than this part of its room left for so long, a process holds what its slow subscribers have in it.
PRESSED_BELOW = 1 / 4
PRESSED_AFTER_SECONDS = 0.05
#: For so long one with less than that part of its room waits for more, so that a busy one claims many at once.
GATHER_SECONDS = 0.01

Key = TypeVar("Key")


class Flow:
    """Bounds the works in a process between claim and record; a full process fetches no more."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.freight = Freight()
        self._lock = threading.Lock()
        self._has_room = threading.Condition(self._lock)
        self._has_done = threading.Condition(self._lock)
        self._taken = 0
        self._in_hand: Counter[UUID] = Counter()  # twice, if claimed again while an earlier claim was lost
        self._taken_for: Counter[int] = Counter()
        self._pressed_since: float | None = None
        self._ready: deque[Work] = deque()
        self._done: deque[Work] = deque()
        #: Subscribers to be left alone, with the reason for which to hold what waits for them.
        self.shut_off: deque[tuple[int, str]] = deque()
        #: Subscribers for which something was held here: the ledger shows it only once it is recorded.
        self.held: deque[int] = deque()
        self.progressed_at = timezone.now()
        self.is_unsure = threading.Event()  # rows may be claimed in our name and not in hand
        self.is_stopping = threading.Event()
        self.is_quiet = threading.Event()  # fetch no more, but do not stop
        self.is_fed_up = threading.Event()  # no more works will come
        self.is_delivered = threading.Event()  # no more outcomes will come

    @property
    def taken(self) -> int:
        return self._taken

    def in_hand(self) -> set[UUID]:
        """The deliveries between claim and record."""
        with self._lock:
            return set(self._in_hand)

    def note_progress(self) -> None:
        """Something was taken or recorded, or there is nothing to do."""
        self.progressed_at = timezone.now()

    def taken_for(self, subscriber_id: int) -> int:
        return self._taken_for[subscriber_id]

    @property
    def is_pressed(self) -> bool:
        """Whether it has been nearly full for a while."""
        since = self._pressed_since
        return since is not None and time.monotonic() - since >= PRESSED_AFTER_SECONDS

    def wait_for_room(self, timeout_seconds: float) -> int:
        """How many more works may be taken; waits for some, and then a little for many."""
        with self._lock:
            if self._has_room.wait_for(lambda: self._taken < self.capacity, timeout_seconds) and timeout_seconds:
                self._has_room.wait_for(lambda: not self._is_nearly_full, GATHER_SECONDS)
            return self.capacity - self._taken

    def take(self, works: Sequence[Work]) -> None:
        """Works that were claimed. Those not read yet are put in later."""
        self.note_progress()
        with self._lock:
            self._taken += len(works)
            self._in_hand.update(work.claim.delivery_id for work in works)
            self._taken_for.update(work.subscriber.id for work in works)
            self._watch_room()
        self.put(works)

    def put(self, works: Sequence[Work]) -> None:
        """Works that were taken: those to be sent become ready, the others are done as they are."""
        with self._lock:
            self._ready.extend(work for work in works if work.request is not None)
            self._done.extend(work for work in works if work.request is None and not work.is_unread)
            self._tell_of_done()

    def ready(self) -> list[Work]:
        """Takes out all that is to be sent."""
        found: list[Work] = []
        while self._ready:
            found.append(self._ready.popleft())
        return found

    def finish(self, works: Iterable[Work]) -> None:
        with self._lock:
            self._done.extend(works)
            self._tell_of_done()

    def wait_for_done(self, limit: int, timeout_seconds: float) -> list[Work]:
        """Takes out up to `limit` works that have an outcome; waits for a first one."""
        with self._lock:
            if not self._done:
                self._has_done.wait(timeout_seconds)
            return [self._done.popleft() for _ in range(min(limit, len(self._done)))]

    def release(self, works: Sequence[Work]) -> None:
        """Makes room for as many works as were recorded or handed back."""
        self.note_progress()
        self.freight.unload(works)
        with self._lock:
            self._taken -= len(works)
            _take_out(self._in_hand, [work.claim.delivery_id for work in works])
            _take_out(self._taken_for, [work.subscriber.id for work in works])
            for work in works:
                work.is_recorded = True
            self._watch_room()
            self._has_room.notify_all()

    def let_go(self, works: Sequence[Work]) -> None:
        """Works that others may have taken over: nothing is recorded of them, and the feeder gives back ours."""
        if works:
            self.release(works)
            self.is_unsure.set()

    def _tell_of_done(self) -> None:
        if self._done:
            self._has_done.notify()

    @property
    def _is_nearly_full(self) -> bool:
        return self.capacity - self._taken < self.capacity * PRESSED_BELOW

    def _watch_room(self) -> None:
        if not self._is_nearly_full:
            self._pressed_since = None
        elif self._pressed_since is None:
            self._pressed_since = time.monotonic()


def _take_out(counter: Counter[Key], keys: Iterable[Key]) -> None:
    """Counts each key once less; one that is at nothing is forgotten."""
    for key in keys:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]
