"""Bounds the bytes of large payloads that a consumer process has read and not yet recorded."""

import threading
from collections import Counter
from collections.abc import Collection, Iterable
from uuid import UUID

from dispatch.consumer.work import Work

MAX_BYTES = 32 << 20
#: So that one subscriber that hangs does not keep the large payloads of the others waiting.
SHARE = 4


class Freight:
    """The works of one event share its payload. For any threads."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._bytes = 0
        self._works: Counter[UUID] = Counter()
        self._bytes_for: Counter[int] = Counter()

    @property
    def bytes(self) -> int:
        return self._bytes

    def takes(self, works: Collection[Work]) -> bool:
        """Whether there is room for works of one event, which are not read yet. An empty one takes any."""
        size = max(work.size for work in works)
        with self._lock:
            is_fair = all(
                self._bytes_for[work.subscriber.id] + size <= self.max_bytes // SHARE
                for work in works
                if self._bytes_for[work.subscriber.id]
            )
            return not self._bytes or (is_fair and self._bytes + size <= self.max_bytes)

    def load(self, works: Iterable[Work]) -> None:
        with self._lock:
            for work in works:
                work.is_loaded = True
                if not self._works[work.claim.event_id]:
                    self._bytes += work.size
                self._works[work.claim.event_id] += 1
                self._bytes_for[work.subscriber.id] += work.size

    def unload(self, works: Iterable[Work]) -> None:
        """Those that were never loaded, or are not large, count for nothing."""
        large = [work for work in works if work.is_loaded]
        if not large:
            return
        with self._lock:
            for work in large:
                self._works[work.claim.event_id] -= 1
                self._bytes_for[work.subscriber.id] -= work.size
                if not self._works[work.claim.event_id]:
                    self._bytes -= work.size
                    del self._works[work.claim.event_id]
                if not self._bytes_for[work.subscriber.id]:
                    del self._bytes_for[work.subscriber.id]
