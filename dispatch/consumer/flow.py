"""What the threads of a consumer process share: how much is on its way, what waits for whom, and whether to stop."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils import timezone

from dispatch.consumer.work import Work


class Flow:
    """Bounds the works in a process between claim and record; a full process fetches no more."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._changed = threading.Condition()
        self._taken = 0
        self._in_hand: set[UUID] = set()
        self._recording: list[Work] = []
        self._ready: deque[Work] = deque()
        self._done: deque[Work] = deque()
        self.progressed_at = timezone.now()
        self.is_stopping = threading.Event()
        self.is_quiet = threading.Event()  # fetch no more, but do not stop
        self.is_fed_up = threading.Event()  # no more works will come
        self.is_delivered = threading.Event()  # no more outcomes will come

    @property
    def taken(self) -> int:
        return self._taken

    def in_hand(self) -> set[UUID]:
        """The deliveries between claim and record."""
        with self._changed:
            return set(self._in_hand)

    def note_progress(self) -> None:
        """Something was taken or recorded, or there is nothing to do."""
        self.progressed_at = timezone.now()

    def wait_for_room(self, timeout_seconds: float) -> int:
        """How many more works may be taken; waits for some."""
        with self._changed:
            if self._taken >= self.capacity:
                self._changed.wait(timeout_seconds)
            return self.capacity - self._taken

    def take(self, works: Sequence[Work]) -> None:
        """Works that were claimed: those to be sent become ready, the others are done as they are."""
        self.note_progress()
        with self._changed:
            self._taken += len(works)
            self._in_hand.update(work.claim.delivery_id for work in works)
            self._ready.extend(work for work in works if work.request is not None)
            self._done.extend(work for work in works if work.request is None)
            self._changed.notify_all()

    def ready(self) -> list[Work]:
        """Takes out all that is to be sent."""
        found: list[Work] = []
        while self._ready:
            found.append(self._ready.popleft())
        return found

    def finish(self, works: Iterable[Work]) -> None:
        with self._changed:
            self._done.extend(works)
            self._changed.notify_all()

    def wait_for_done(self, limit: int, timeout_seconds: float) -> list[Work]:
        """Takes out up to `limit` works that have an outcome; waits for a first one."""
        with self._changed:
            if not self._done:
                self._changed.wait(timeout_seconds)
            self._recording = [self._done.popleft() for _ in range(min(limit, len(self._done)))]
            return self._recording

    def release(self, count: int) -> None:
        """Makes room for as many works as were recorded or handed back."""
        self.note_progress()
        with self._changed:
            self._taken -= count
            self._in_hand.difference_update(work.claim.delivery_id for work in self._recording)
            self._changed.notify_all()
