"""A receiver for many thousands of requests: it parses no more of HTTP than it counts, in an event loop of its own."""

import asyncio
import json
import re
import threading
from collections import Counter
from typing import Self

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
WEBHOOK_ID = re.compile(rb"\r\nwebhook-id: *([^\r]+)", re.I)


class CountingReceiver:
    """Answers 200 to everything. `deliveries` counts each webhook-id, `arrived` holds each path with its body."""

    def __init__(self) -> None:
        self.deliveries: Counter[bytes] = Counter()
        self.arrived: set[tuple[str, str]] = set()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._is_up = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, head: bytes, body: bytes) -> None:
        found = WEBHOOK_ID.search(head)
        assert found, head
        self.deliveries[found[1]] += 1
        self.arrived.add((head.split(b" ", 2)[1].decode(), json.dumps(json.loads(body))))
        with self._changed:
            self._changed.notify_all()

    def answer(self, head: bytes, transport: asyncio.Transport) -> None:
        transport.write(ANSWER)

    def wait_for(self, count: int, timeout_seconds: float) -> None:
        with self._changed:
            arrived = self._changed.wait_for(lambda: self.deliveries.total() >= count, timeout_seconds)
        assert arrived, f"{self.deliveries.total()} of {count} requests arrived"

    def _serve(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=512)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(10)
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: CountingReceiver) -> None:
        self.receiver = receiver
        self.buffered = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffered += data
        while (end := self.buffered.find(b"\r\n\r\n")) >= 0:
            head, length = self.buffered[:end], LENGTH.search(self.buffered, 0, end)
            size = end + 4 + int(length[1] if length else 0)
            if len(self.buffered) < size:
                return
            self.receiver.count(head, self.buffered[end + 4 : size])
            self.buffered = self.buffered[size:]
            self.receiver.answer(head, self.transport)
