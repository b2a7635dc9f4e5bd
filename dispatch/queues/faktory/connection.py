"""A connection to Faktory: the package's, with what it lacks.

Added: protocol version 2 (the password is hashed as often as the server asks), percent-encoded passwords, IPv6, TLS by
ssl.SSLContext, deadlines, several replies in one read, and replies told apart from errors.
Source: https://github.com/contribsys/faktory/blob/main/docs/protocol-specification.md
"""

import hashlib
import json
import os
import socket
import ssl
import time
from typing import Any
from urllib.parse import unquote, urlsplit

from faktory._proto import Connection

from dispatch.queues.base import QueueError, QueueUnavailableError

PROTOCOL_VERSION = 2
DEFAULT_PORT = 7419
READ_BYTES = 1 << 16


class CommandRefusedError(QueueError):
    """Faktory answered a command with an error; the text is its own."""


class FaktoryConnection(Connection):  # type: ignore[misc] # the package has no types
    """Connects when first used. After any failure it is closed, and connects anew at the next use.

    `url` is `tcp://:password@host:port` or `tcp+tls://…`; `worker_id` makes it a consumer's connection.
    """

    def __init__(
        self, url: str, password: str = "", *, worker_id: str | None = None, timeout_seconds: float = 5.0
    ) -> None:
        self.is_connected = False
        super().__init__(url, timeout=timeout_seconds, labels=["switch"], worker_id=worker_id)
        parts = urlsplit(url)
        self.host = parts.hostname or "localhost"
        self.port = parts.port or DEFAULT_PORT
        self.password = unquote(parts.password or "") or password
        self.use_tls = parts.scheme == "tcp+tls"
        self._buffer = bytearray()
        self._deadline = 0.0

    def fileno(self) -> int:
        return int(self.socket.fileno())

    def open(self) -> None:
        """Connects and signs in, if that is not done yet. Raises QueueUnavailableError."""
        if self.is_connected:
            return
        self._deadline = time.monotonic() + self.timeout
        self._buffer.clear()
        try:
            self.socket = self._connected_socket()
            self._greet()
        except (OSError, ValueError, KeyError, QueueError) as error:
            self.close()
            raise QueueUnavailableError(f"No connection to Faktory at {self.host}:{self.port}: {error}") from error
        self.is_connected = True

    def close(self) -> None:
        self.is_connected = False
        if self.socket is not None:
            self.socket.close()

    def send(self, *commands: str) -> None:
        """Sends commands without waiting for their replies."""
        self.open()
        self._deadline = time.monotonic() + self.timeout
        data = "".join(f"{command}\r\n" for command in commands).encode()
        try:
            self.socket.settimeout(self.timeout)
            self.socket.sendall(data)
        except OSError as error:
            raise self._lost(error) from error

    def read(self, timeout_seconds: float | None = None) -> str | None:
        """The next reply, None for a null. Raises CommandRefusedError for an error reply."""
        self._deadline = time.monotonic() + (self.timeout if timeout_seconds is None else timeout_seconds)
        try:
            return self._read_reply()
        except (OSError, ValueError) as error:  # ValueError: a length or a text that cannot be read
            raise self._lost(error) from error

    def ask(self, command: str) -> str | None:
        """Sends a command and returns its reply."""
        self._leave_if_ended()
        self.send(command)
        return self.read()

    def ask_all(self, commands: list[str]) -> list[str | CommandRefusedError | None]:
        """Sends all the commands at once; returns their replies, in order, refusals among them."""
        if not commands:
            return []
        self._leave_if_ended()
        self.send(*commands)
        return [self._reply_or_refusal() for _ in commands]

    def _leave_if_ended(self) -> None:
        """Nothing is to come before the next command: what comes is the end, as of a server that was restarted."""
        if not self.is_connected:
            return
        try:
            self.socket.settimeout(0)
            self.socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            pass  # the other kind of end
        self.close()

    def _reply_or_refusal(self) -> str | CommandRefusedError | None:
        try:
            return self.read()
        except CommandRefusedError as error:
            return error

    def _lost(self, error: Exception) -> QueueUnavailableError:
        """A stream that was cut anywhere cannot be used again: nobody knows which reply comes next."""
        self.close()
        return QueueUnavailableError(f"The connection to Faktory at {self.host}:{self.port} was lost: {error}")

    def _connected_socket(self) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout=self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if not self.use_tls:
            return plain
        return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)

    def _greet(self) -> None:
        hello = self._read_reply() or ""
        if not hello.startswith("HI "):
            raise QueueError("it does not greet as Faktory does")
        self.socket.sendall(f"HELLO {json.dumps(self._introduction(json.loads(hello[3:])))}\r\n".encode())
        if self._read_reply() != "OK":
            raise QueueError("it refused the greeting")

    def _introduction(self, greeting: dict[str, Any]) -> dict[str, Any]:
        if int(greeting["v"]) != PROTOCOL_VERSION:
            raise QueueError(f"it speaks protocol version {greeting['v']}, not {PROTOCOL_VERSION}")
        introduction: dict[str, Any] = {"v": PROTOCOL_VERSION, "hostname": socket.gethostname(), "pid": os.getpid()}
        introduction["labels"] = self.labels
        if self.worker_id:
            introduction["wid"] = self.worker_id
        if "s" in greeting:
            introduction["pwdhash"] = password_hash(self.password, greeting["s"], int(greeting.get("i", 1)))
        return introduction

    def _read_reply(self) -> str | None:
        line = self._read_line()
        kind, text = line[:1], line[1:].decode()
        if kind == b"+":
            return text
        if kind == b"-":
            raise CommandRefusedError(text.removeprefix("ERR ").strip())
        if kind == b"$":
            size = int(text)
            return None if size < 0 else self._read_bytes(size + 2)[:-2].decode()
        raise ConnectionError(f"an answer that begins with {kind!r} is not Faktory's")

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._fill()
        return self._take(end + 2)[:-2]

    def _read_bytes(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        return self._take(count)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def has_buffered(self) -> bool:
        """Whether a reply may be read without waiting."""
        return bool(self._buffer)

    def _fill(self) -> None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("no answer in time")
        self.socket.settimeout(remaining)
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise ConnectionResetError("it closed the connection")
        self._buffer += data


def password_hash(password: str, salt: str, iterations: int) -> str:
    """What the server expects for a password: SHA-256 over password and salt, hashed so often in all."""
    digest = hashlib.sha256((password + salt).encode()).digest()
    for _ in range(iterations - 1):
        digest = hashlib.sha256(digest).digest()
    return digest.hex()
