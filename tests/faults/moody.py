"""A receiver that has moods: on some paths it fails part of the deliveries at first, or for good."""

import asyncio
from collections import Counter
from collections.abc import Callable

from tests.flows.counting import WEBHOOK_ID, CountingReceiver

#: One in so many numbers meets a mood; the others are answered with 200, as is everything at other paths.
MOODY_ONE_IN = 4
SLOW_SECONDS = 2.0
EMPTY = b"Content-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + EMPTY
ERROR = b"HTTP/1.1 500 Internal Server Error\r\n" + EMPTY
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n" + EMPTY
GONE = b"HTTP/1.1 410 Gone\r\n" + EMPTY
#: What the first request of a delivery meets.
FAILURES: dict[str, Callable[[asyncio.Transport], None]] = {
    "error": lambda transport: transport.write(ERROR),
    "busy": lambda transport: transport.write(BUSY),
    "reset": lambda transport: transport.abort(),
}


class MoodyReceiver(CountingReceiver):
    """At /<mood>/<number> `error`, `busy` and `reset` fail a delivery's first request, `gone` each, `slow` none."""

    MOODS = (*FAILURES, "gone", "slow")

    def __init__(self) -> None:
        super().__init__()
        #: How often each mood was met.
        self.met: Counter[str] = Counter()
        #: How often each delivery was failed so that it comes again, and those that were answered 410.
        self.failed: Counter[bytes] = Counter()
        self.gone: set[bytes] = set()

    def answer(self, head: bytes, transport: asyncio.Transport) -> None:
        mood, _, number = head.split(b" ", 2)[1].decode().strip("/").partition("/")
        if mood not in self.MOODS or int(number) % MOODY_ONE_IN:
            transport.write(OK)
            return
        found = WEBHOOK_ID.search(head)
        assert found, head
        delivery_id = found[1]
        if mood in FAILURES and self.deliveries[delivery_id] > 1:
            transport.write(OK)
            return
        self.met[mood] += 1
        if mood == "slow":
            self._loop.call_later(SLOW_SECONDS, transport.write, OK)
        elif mood == "gone":
            self.gone.add(delivery_id)
            transport.write(GONE)
        else:
            self.failed[delivery_id] += 1
            FAILURES[mood](transport)

    def surplus(self) -> Counter[bytes]:
        """How often too often each delivery arrived: more often than once and again for each failure."""
        surplus = {name: count - 1 - self.failed[name] for name, count in self.deliveries.items()}
        return +Counter(surplus)
