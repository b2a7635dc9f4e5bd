"""Sends a hub requests that nobody would send: `python -m tests.fuzz.api [requests] [seed]`.

A real web server, on SQLite, gets them on several connections at once. It tells how many were answered by which status,
and ends with status 1 if any answer was a 5xx, or a request that is sound HTTP was not answered.
"""

import contextlib
import http.client
import socket
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.requests import Request, requests
from tests.servers.hub import HubServer

CONNECTIONS = 6
#: Hypothesis remembers what it has drawn; so many requests are no burden.
AT_ONCE = 250
TIMEOUT_SECONDS = 20.0
#: Their filters look at what the fuzz sends, so that matching is fuzzed as well.
SUBSCRIBERS = (
    ("orders", 'data["body"]["a"] == 1 or "x" in data["body"]'),
    ("orders", 'any(each["a"] > 1 for each in data["body"])'),
    ("orders", "str(data) != ''"),
    ("invoices", 'data["headers"]["X-Id"].lower().startswith("a") or data["path_params"]["id"] is None'),
    ("invoices", ""),
)


@dataclass
class Tally:
    """What came of the requests; `faults` are those that must not be."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def note(self, request: Request, status: int | None) -> None:
        self.statuses[str(status) if status else "closed"] += 1
        # No consumer runs: /readyz may well say that nobody delivers.
        is_told = status == 503 and request.target.startswith(b"/readyz")
        if (status is None and request.is_sound) or (status and status >= 500 and not is_told):
            self.faults.append(f"{status}, {request.framing}: {request.wire()[:2_000]!r}")

    def __str__(self) -> str:
        told = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return f"{self.requests} requests on {CONNECTIONS} connections were answered by {told}"


class Connection:
    """Kept open as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, request: Request) -> int | None:
        """The status of the answer, or None if the server closed the connection without one."""
        is_new = self._socket is None
        status = self._try(request)
        if status is None and not is_new and request.is_sound:
            status = self._try(request)  # it was closed between two requests, which HTTP allows
        return status

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None

    def _try(self, request: Request) -> int | None:
        self._socket = self._socket or socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
        try:
            return self._exchange(self._socket, request)
        except (OSError, http.client.HTTPException):  # a time-out is one as well
            self.close()
            return None

    def _exchange(self, connection: socket.socket, request: Request) -> int:
        with contextlib.suppress(ConnectionError):  # it may have answered before it had read everything
            connection.sendall(request.wire())
        if not request.is_sound:
            connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(connection, method=request.method.decode())
        answer.begin()
        answer.read()
        if not request.is_sound or answer.will_close:
            self.close()
        return answer.status


def fuzz(hub: HubServer, count: int, first_seed: int = 0) -> Tally:
    """Sends at least `count` requests."""
    tally, lock = Tally(), threading.Lock()

    def send_share(number: int) -> None:
        connection, share = Connection(hub.port), -(-count // CONNECTIONS)
        for start in range(0, share, AT_ONCE):
            send_some(connection, min(AT_ONCE, share - start), f"{first_seed}-{number}-{start}")
        connection.close()

    def send_some(connection: Connection, size: int, named: str) -> None:
        @seed(named)
        @settings(
            max_examples=size,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(requests())
        def send(request: Request) -> None:
            status = connection.send(request)
            with lock:
                tally.note(request, status)

        send()

    threads = [threading.Thread(target=send_share, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def subscribe(hub: HubServer) -> None:
    for topic, expression in SUBSCRIBERS:
        hub.manage("subscribe", topic, "http://127.0.0.1:8999/:id", "--filter", expression)


def main(count: str = "21000", first_seed: str = "0") -> int:
    with HubServer() as hub:
        subscribe(hub)
        hub.start_web()
        tally = fuzz(hub, int(count), int(first_seed))
        print(tally)
        for fault in tally.faults[:20]:
            print(fault)
        if tally.faults:
            print(hub.log.read_text(errors="replace")[-5_000:])
    return int(bool(tally.faults) or tally.requests < int(count))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
