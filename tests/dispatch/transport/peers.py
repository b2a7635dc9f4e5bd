"""A peer on loopback that answers with scripted bytes, as good or broken as a test wants them."""

import fcntl
import re
import socket
import ssl
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from itertools import repeat
from typing import Self

LENGTH = re.compile(rb"content-length: *(\d+)", re.I)


class End(Enum):
    CLOSE = auto()  # FIN
    RESET = auto()  # RST
    NOTIFY = auto()  # TLS's close_notify; the connection below it stays open


@dataclass(frozen=True)
class Pause:
    """Nothing for so long, or until the peer is closed."""

    seconds: float


@dataclass(frozen=True)
class Endless:
    """`piece` again and again, until the client goes away."""

    piece: bytes


Step = bytes | Pause | Endless | End
CLOSE, RESET, NOTIFY = End
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True)
class RawRequest:
    head: bytes
    body: bytes

    @property
    def line(self) -> bytes:
        return self.head.split(b"\r\n", 1)[0]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.fields)


class Peer:
    """Answers every request with `steps`, or with what `steps` returns for it; keeps the connection unless told."""

    def __init__(
        self,
        *steps: Step | Callable[[RawRequest], Iterable[Step]],
        tls: ssl.SSLContext | None = None,
        place: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self._steps = steps
        self._tls = tls
        self.requests: list[RawRequest] = []
        self.connections = 0
        self.closed = 0
        self.sent = 0
        self._closed = threading.Condition()
        self._closing = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self._listener = socket.create_server(place, family=family, backlog=1024)
        self.port = int(self._listener.getsockname()[1])
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_closed(self, connections: int) -> None:
        """Until the peer has closed so many."""
        with self._closed:
            assert self._closed.wait_for(lambda: self.closed >= connections, 15.0), "the peer does not close"

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            pending = b""
            while True:
                request, pending = self._read(connection, pending)
                self.requests.append(request)
                for step in self._answer(request):
                    self._take(connection, step)
        except (OSError, EOFError):
            connection.close()
            self._note_end()

    def _note_end(self) -> None:
        with self._closed:
            self.closed += 1
            self._closed.notify_all()

    def _notify(self, connection: socket.socket) -> None:
        assert isinstance(connection, ssl.SSLSocket)
        connection.setblocking(False)
        with suppress(ssl.SSLWantReadError):  # the other one's
            connection.unwrap()
        self._wait_until_arrived(connection)
        self._note_end()
        self._closing.wait()

    def _wait_until_arrived(self, connection: socket.socket) -> None:
        """Until the other system has acknowledged all that was sent: a busy one lets even a loopback wait."""
        while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]:
            time.sleep(0.001)

    def _answer(self, request: RawRequest) -> Iterator[Step]:
        for step in self._steps:
            if callable(step):
                yield from step(request)
            else:
                yield step

    def _read(self, connection: socket.socket, pending: bytes) -> tuple[RawRequest, bytes]:
        while b"\r\n\r\n" not in pending:
            pending += self._receive(connection)
        head, _, rest = pending.partition(b"\r\n\r\n")
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        while len(rest) < length:
            rest += self._receive(connection)
        return RawRequest(head, rest[:length]), rest[length:]

    def _receive(self, connection: socket.socket) -> bytes:
        received = connection.recv(65_536)
        if not received:
            raise EOFError
        return received

    def _take(self, connection: socket.socket, step: Step) -> None:
        if isinstance(step, Pause):
            self._closing.wait(step.seconds)
        elif step is NOTIFY:
            self._notify(connection)
        elif isinstance(step, End):
            if step is RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise EOFError
        else:
            for piece in repeat(step.piece) if isinstance(step, Endless) else (step,):
                connection.sendall(piece)
                self.sent += len(piece)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        for connection in self._open:
            # Wakes the thread that reads from it; the thread closes it.
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                connection.close()
        for thread in self._threads:
            thread.join(5)
