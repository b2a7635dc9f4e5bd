"""Resolves names in threads of its own: bounded, once for many who ask, remembered briefly.

libcurl's own resolver runs out of threads on a dozen dead names, and then nobody is served. Here names that are slow
are asked in a small lane of their own. One that answered well before may be slow once: among the dead ones it would
wait long for its next answer, and a lost packet is all it takes.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from dispatch.transport.lanes import Lane

KEEP_SECONDS = 30.0
KEEP_FAILURE_SECONDS = 3.0
SLOW_SECONDS = 1.0
FAST_LANE = 16
FAST_LANE_AT_MOST = 64
SLOW_LANE = 6
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Resolution:
    """The addresses of a name in the order to try them, or the error that kept them."""

    addresses: tuple[str, ...]
    error: str = ""


Lookup = Callable[[str], tuple[str, ...]]
Callback = Callable[[Resolution], None]


def system_lookup(host: str) -> tuple[str, ...]:
    """The system's answer, with what /etc/hosts and its search domains say. Raises OSError or ValueError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Shared by all exchanges of a process, and by any threads."""

    def __init__(
        self,
        lookup: Lookup = system_lookup,
        *,
        clock: Callable[[], float] = time.monotonic,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self._lookup = lookup
        self._clock = clock
        self._slow_seconds = slow_seconds
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Resolution]] = {}
        self._asking: dict[str, list[Callback]] = {}
        self._slow: set[str] = set()
        self._trusted: set[str] = set()  # answered well, and may be slow once
        self._fast_lane = Lane("resolver", FAST_LANE, FAST_LANE_AT_MOST, slow_seconds)
        self._slow_lane = Lane("resolver-slow", SLOW_LANE, SLOW_LANE, slow_seconds)

    def resolve(self, host: str, callback: Callback) -> Resolution | None:
        """What is known of `host`; else None, and `callback` gets it later, in another thread. It must not raise."""
        expires, known = self._known.get(host, (0.0, None))
        if known is not None and expires > self._clock():
            return known
        if _is_literal(host):
            return self._remember(host, Resolution((host,)))
        self._ask(host, callback)
        return None

    def close(self) -> None:
        """Ends the threads that are idle; one in a look-up ends after it."""
        self._fast_lane.close()
        self._slow_lane.close()

    def _ask(self, host: str, callback: Callback) -> None:
        with self._lock:
            asking = self._asking.setdefault(host, [])
            asking.append(callback)
            if len(asking) > 1:
                return
            lane = self._slow_lane if host in self._slow else self._fast_lane
        lane.submit(lambda: self._look_up(host))

    def _look_up(self, host: str) -> None:
        started = self._clock()
        resolution = self._answer(host)
        is_slow = self._clock() - started > self._slow_seconds
        with self._lock:
            self._remember(host, resolution)
            self._judge(host, is_slow=is_slow, is_found=bool(resolution.addresses))
            callbacks = self._asking.pop(host)
        for callback in callbacks:
            callback(resolution)

    def _judge(self, host: str, *, is_slow: bool, is_found: bool) -> None:
        """A failure that comes quickly changes nothing: it holds up nobody."""
        if not is_slow:
            self._slow.discard(host)
            if is_found:
                self._trusted.add(host)
        elif host in self._trusted:
            self._trusted.discard(host)
        else:
            self._slow.add(host)

    def _answer(self, host: str) -> Resolution:
        try:
            return Resolution(self._lookup(host))
        except Exception as error:  # noqa: BLE001 - whatever a look-up raises, those who wait must hear of it
            return Resolution((), getattr(error, "strerror", None) or str(error) or type(error).__name__)

    def _remember(self, host: str, resolution: Resolution) -> Resolution:
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
            self._slow.clear()
            self._trusted.clear()
        keep_seconds = KEEP_SECONDS if resolution.addresses else KEEP_FAILURE_SECONDS
        self._known[host] = (self._clock() + keep_seconds, resolution)
        return resolution


def _is_literal(host: str) -> bool:
    """Whether `host` is an IP address in its usual form. Others, such as 0x7f.1, are left to the system's look-up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
