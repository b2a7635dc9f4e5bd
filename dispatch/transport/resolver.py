"""Resolves names in threads of its own: bounded, once for many who ask, remembered briefly.

libcurl's own resolver runs out of threads on a dozen dead names, and then nobody is served. Here names that failed or
were slow are asked in a small lane of their own.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from queue import SimpleQueue

KEEP_SECONDS = 30.0
KEEP_FAILURE_SECONDS = 3.0
SLOW_SECONDS = 1.0
FAST_LANE = 32
SLOW_LANE = 6
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Resolution:
    """The addresses of a name in the system's order, or the error that kept them."""

    addresses: tuple[str, ...]
    error: str = ""


Lookup = Callable[[str], tuple[str, ...]]
Callback = Callable[[Resolution], None]


def system_lookup(host: str) -> tuple[str, ...]:
    """The system's answer, with what /etc/hosts and its search domains say. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_literal(host: str) -> bool:
    """Whether `host` is an IP address as it is written, which needs no look-up. Other spellings are left to it."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class _Lane:
    """So many threads, started as they are needed; daemons, since a look-up cannot be interrupted."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._threads = 0
        self._busy = 0
        self._lock = threading.Lock()

    def submit(self, task: Callable[[], None]) -> None:
        with self._lock:
            self._busy += 1
            if self._busy > self._threads and self._threads < self._size:
                self._threads += 1
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
        self._tasks.put(task)

    def _work(self) -> None:
        while True:
            self._tasks.get()()
            with self._lock:
                self._busy -= 1


class Resolver:
    """Shared by all exchanges of a process."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Resolution]] = {}
        self._asking: dict[str, list[Callback]] = {}
        self._slow: set[str] = set()
        self._fast_lane = _Lane("resolver", FAST_LANE)
        self._slow_lane = _Lane("resolver-slow", SLOW_LANE)

    def resolve(self, host: str, callback: Callback) -> Resolution | None:
        """What is known of `host`; else None, and `callback` gets it later, in another thread."""
        if is_literal(host):
            return Resolution((host,))
        with self._lock:
            expires, known = self._known.get(host, (0.0, None))
            if known is not None and expires > time.monotonic():
                return known
            if host in self._asking:
                self._asking[host].append(callback)
                return None
            self._asking[host] = [callback]
            lane = self._slow_lane if host in self._slow else self._fast_lane
        lane.submit(lambda: self._ask(host))
        return None

    def _ask(self, host: str) -> None:
        started = time.monotonic()
        resolution = self._answer(host)
        now = time.monotonic()
        with self._lock:
            if len(self._known) > MAX_REMEMBERED:
                self._known.clear()
                self._slow.clear()
            keep = KEEP_SECONDS if resolution.addresses else KEEP_FAILURE_SECONDS
            self._known[host] = (now + keep, resolution)
            is_slow = not resolution.addresses or now - started > SLOW_SECONDS
            (self._slow.add if is_slow else self._slow.discard)(host)
            callbacks = self._asking.pop(host)
        for callback in callbacks:
            callback(resolution)

    def _answer(self, host: str) -> Resolution:
        try:
            return Resolution(self._lookup(host))
        except (OSError, UnicodeError) as error:
            return Resolution((), getattr(error, "strerror", None) or str(error))
