"""A connection that sends what no HTTP client would."""

import select
import socket
from typing import Self

from tests.servers.hub import HubServer

TIMEOUT_SECONDS = 15


class Wire:
    """Begins a POST, with the hub's token if no other is given, and these headers; the rest is up to the test."""

    def __init__(self, hub: HubServer, *headers: str, token: str | None = None, path: str = "/publish") -> None:
        self._path = path
        self._socket = socket.create_connection(("127.0.0.1", hub.port), timeout=TIMEOUT_SECONDS)
        self._token = hub.token() if token is None else token
        self.send_head(*headers)

    def send_head(self, *headers: str) -> None:
        authorization = [f"Authorization: bearer {self._token}"] if self._token else []
        lines = [f"POST {self._path} HTTP/1.1", "Host: hub", *authorization, *headers, "", ""]
        self.send("\r\n".join(lines).encode())

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send_chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self) -> str:
        """The next answer, head and body, which must come within the time-out."""
        return self._socket.recv(65536).decode()

    def is_answered(self) -> bool:
        """Whether an answer, or the connection's end, has come by now."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def status(self) -> int:
        return int(self.answer().split()[1])

    def is_closed(self) -> bool:
        """Whether the hub closes the connection within the time-out, having sent no more."""
        try:
            return self._socket.recv(65536) == b""
        except ConnectionResetError:
            return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()
