"""A server that speaks as much of Faktory's protocol as a test tells it to."""

import json
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Any, Self

GREETING = b'+HI {"v":2}\r\n'
OK = b"+OK\r\n"


class FakeFaktory:
    """Greets each connection, answers HELLO with `welcome`, and each further line with the next of `replies`.

    Bytes are sent as they are, at once or in pieces of `piece` bytes. b"" says nothing; when the replies are used up,
    or are None, it closes the connection. `lines` holds all that it was told.
    """

    def __init__(
        self,
        replies: Sequence[bytes | None] = (),
        greeting: bytes = GREETING,
        welcome: bytes = OK,
        piece: int | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.replies = list(replies)
        self.greeting, self.welcome, self.piece, self.tls = greeting, welcome, piece, tls
        self.lines: list[str] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"tcp://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def hello(self) -> dict[str, Any]:
        """What the last connection introduced itself with."""
        found: dict[str, Any] = json.loads([line for line in self.lines if line.startswith("HELLO")][-1][6:])
        return found

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            try:
                with self.tls.wrap_socket(peer, server_side=True) if self.tls else peer as talking:
                    self._talk(talking)
            except OSError:
                continue  # The client went; that is for the test to judge.

    def _talk(self, peer: socket.socket) -> None:
        self._say(peer, self.greeting)
        with peer.makefile("rb") as lines:
            for line in lines:
                text = line.decode().strip()
                self.lines.append(text)
                answer = self.welcome if text.startswith("HELLO") else self._next()
                if answer is None:
                    return
                self._say(peer, answer)

    def _next(self) -> bytes | None:
        return self.replies.pop(0) if self.replies else None

    def _say(self, peer: socket.socket, data: bytes) -> None:
        size = self.piece or max(1, len(data))
        for start in range(0, len(data), size):
            peer.sendall(data[start : start + size])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        # shutdown wakes the accept that the thread may wait in; close alone would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
