"""Threads for what may block for long: so many at most, started as they are needed."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

Task = Callable[[], None]


class Lane:
    """Up to `size` threads that move; one busy for more than `patience_seconds` is stuck and has another in its place.

    There are never more than `most` threads. They are daemons, since a look-up cannot be interrupted.
    """

    def __init__(self, name: str, size: int, most: int, patience_seconds: float) -> None:
        self._name = name
        self._size = size
        self._most = most
        self._patience_seconds = patience_seconds
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._pending = 0
        self._busy_since: dict[int, float] = {}
        self._looks_again = False
        self._is_closed = False

    def submit(self, task: Task) -> None:
        """Runs `task`, which must not raise, in a thread of the lane."""
        with self._lock:
            self._pending += 1
            self._start_threads()
        self._tasks.put(task)

    def close(self) -> None:
        """Ends the threads once they are idle."""
        with self._lock:
            self._is_closed = True
            threads = self._threads
        for _ in range(threads):
            self._tasks.put(None)

    def _start_threads(self) -> None:
        """Those needed now. Where tasks wait, it looks again later: the threads they wait for may be stuck by then."""
        while self._needs_thread():
            self._threads += 1
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        if self._threads < min(self._pending, self._most) and not self._looks_again:
            self._looks_again = True
            timer = threading.Timer(self._patience_seconds, self._look_again)
            timer.daemon = True
            timer.start()

    def _look_again(self) -> None:
        with self._lock:
            self._looks_again = False
            if not self._is_closed:
                self._start_threads()

    def _needs_thread(self) -> bool:
        if self._pending <= self._threads or self._threads >= self._most:
            return False
        oldest = time.monotonic() - self._patience_seconds
        stuck = sum(since < oldest for since in self._busy_since.values())
        return self._threads - stuck < self._size

    def _work(self) -> None:
        me = threading.get_ident()
        while task := self._tasks.get():
            with self._lock:
                self._busy_since[me] = time.monotonic()
            task()
            with self._lock:
                self._pending -= 1
                del self._busy_since[me]
