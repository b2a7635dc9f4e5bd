"""One exchange on a libcurl handle: its options, what its callbacks gather, its outcome."""

import socket
import time
from collections.abc import Callable
from urllib.parse import SplitResult

import pycurl

from dispatch.outcomes import ErrorKind, Outcome, Timing
from dispatch.transport.errors import explain
from dispatch.transport.exchange import Exchange
from dispatch.transport.guard import AddressGuard

READ_BYTES = 64 * 1024
KEPT_BYTES = 4 * 1024
MAX_HEAD_BYTES = 64 * 1024
#: Headers that libcurl adds by itself and that are sent only if the exchange has them.
LIBCURLS_OWN = ("Accept", "Content-Type", "User-Agent")


class Transfer:
    """`addresses` are those still to be tried, all allowed; `waited_seconds` went by before libcurl began."""

    def __init__(self, exchange: Exchange, token: object, url: SplitResult, guard: AddressGuard) -> None:
        self.exchange = exchange
        self.token = token
        self.url = url
        self.host = url.hostname or ""
        self.port = url.port or (443 if url.scheme == "https" else 80)
        self.guard = guard
        self.addresses: list[str] = []
        self.started = time.monotonic()
        self.waited_seconds = 0.0
        self.moved_at = self.started
        self.uploaded = 0
        self.refused = ""
        self._status = 0
        self._head_is_complete = False
        self._head_bytes = 0
        self._head_is_too_large = False
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._read = 0

    @property
    def peer(self) -> str:
        return f"{self.host}:{self.port}"

    def prepare(self, handle: pycurl.Curl, ca_file: str, proxy: str) -> None:
        """Sets every option on `handle`, which was reset, for the next of the addresses."""
        address = self.addresses.pop(0)
        self.waited_seconds = time.monotonic() - self.started
        self.moved_at = time.monotonic()
        setopt = handle.setopt
        setopt(pycurl.URL, self.exchange.url)
        setopt(pycurl.PROXY, proxy)  # empty: the environment's own proxy variables must not count
        setopt(pycurl.NOPROXY, "" if proxy else "*")
        setopt(pycurl.CONNECT_TO, [f"::{_bracketed(address)}:{self.port}"])
        setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        setopt(pycurl.PATH_AS_IS, 1)  # dot segments were judged before; what was judged is what is sent
        setopt(pycurl.NOSIGNAL, 1)
        setopt(pycurl.CAINFO, ca_file)
        setopt(pycurl.MAXLIFETIME_CONN, 300)
        setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        setopt(pycurl.HEADERFUNCTION, self._on_header)
        setopt(pycurl.WRITEFUNCTION, self._on_body)
        self._set_timeouts(setopt)
        self._set_request(setopt)

    def _set_timeouts(self, setopt: Callable[[int, int], None]) -> None:
        timeouts = self.exchange.timeouts
        connect_left = timeouts.connect_seconds - self.waited_seconds
        share = connect_left / (1 + len(self.addresses))
        setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(share * 1000)))
        setopt(pycurl.TIMEOUT_MS, max(1, int((timeouts.total_seconds - self.waited_seconds) * 1000)))

    def _set_request(self, setopt: Callable[[int, object], None]) -> None:
        method, body = self.exchange.method, self.exchange.body
        if method == "HEAD":
            setopt(pycurl.NOBODY, 1)
        elif body is not None:
            setopt(pycurl.POSTFIELDS, body)
        elif method in ("POST", "PUT", "PATCH"):
            setopt(pycurl.POSTFIELDS, b"")  # so that it says Content-Length: 0
        setopt(pycurl.CUSTOMREQUEST, method)
        setopt(pycurl.HTTPHEADER, _header_lines(self.exchange))

    def _open_socket(self, purpose: int, address: tuple[int, int, int, tuple[object, ...]]) -> object:
        family, kind, protocol, place = address
        reason = self.guard.check(str(place[0]))
        if reason:
            self.refused = reason
            return pycurl.SOCKET_BAD
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def _on_header(self, line: bytes) -> int | None:
        self.moved_at = time.monotonic()
        self._head_bytes += len(line)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._head_is_too_large = True
            return -1
        if self._head_is_complete:
            return None  # a trailer
        if line.startswith(b"HTTP/"):
            self._begin_head(line)
        elif line.strip():
            name, _, value = line.decode("latin-1").partition(":")
            self._headers.append((name.strip(), value.strip()))
        else:
            self._head_is_complete = self._status >= 200
        return None

    def _begin_head(self, line: bytes) -> None:
        self._headers.clear()
        words = line.split(None, 2)
        self._status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    def _on_body(self, piece: bytes) -> int | None:
        self.moved_at = time.monotonic()
        self._read += len(piece)
        if len(self._body) < KEPT_BYTES:
            self._body += piece[: KEPT_BYTES - len(self._body)]
        return -1 if self._read > READ_BYTES else None

    def is_idle(self, handle: pycurl.Curl, now: float) -> bool:
        """Whether nothing has moved for too long, in either direction."""
        if now - self.moved_at <= self.exchange.timeouts.idle_seconds:
            return False
        uploaded = int(handle.getinfo(pycurl.SIZE_UPLOAD_T))
        if uploaded != self.uploaded:
            self.uploaded, self.moved_at = uploaded, now
            return False
        return True

    def outcome(self, handle: pycurl.Curl, code: int = 0, message: str = "") -> Outcome:
        """What happened. A complete head counts, whatever came after it."""
        timing = self._timing(handle)
        if self._head_is_complete:
            return Outcome(status=self._status, headers=tuple(self._headers), body=bytes(self._body), timing=timing)
        if self.refused:
            return self.failure(ErrorKind.FORBIDDEN_ADDRESS, f"{self.peer} may not be called: {self.refused}.")
        if self._head_is_too_large:
            return Outcome(
                error_kind=ErrorKind.PROTOCOL, error=f"The response head of {self.peer} is too large.", timing=timing
            )
        was_sent = handle.getinfo(pycurl.PRETRANSFER_TIME) > 0
        kind, sentence = explain(code or pycurl.E_GOT_NOTHING, message, self.peer, was_sent=was_sent)
        return Outcome(error_kind=kind, error=sentence, timing=timing)

    def idle_outcome(self, handle: pycurl.Curl) -> Outcome:
        if self._head_is_complete:
            return self.outcome(handle)
        seconds = self.exchange.timeouts.idle_seconds
        return Outcome(
            error_kind=ErrorKind.IDLE_TIMEOUT,
            error=f"{self.peer} sent nothing for {seconds:g} s.",
            timing=self._timing(handle),
        )

    def failure(self, kind: ErrorKind, sentence: str) -> Outcome:
        """An outcome without libcurl: it was not asked, or has nothing to tell."""
        return Outcome(
            error_kind=kind, error=sentence, timing=Timing(total_ms=(time.monotonic() - self.started) * 1000)
        )

    def _timing(self, handle: pycurl.Curl) -> Timing:
        waited = self.waited_seconds

        def since_start(info: int) -> float | None:
            seconds: float = handle.getinfo(info)
            return round((waited + seconds) * 1000, 3) if seconds else None

        return Timing(
            name_lookup_ms=round(waited * 1000, 3),
            connect_ms=since_start(pycurl.CONNECT_TIME),
            tls_ms=since_start(pycurl.APPCONNECT_TIME) if self.url.scheme == "https" else None,
            first_byte_ms=since_start(pycurl.STARTTRANSFER_TIME) if self._status else None,
            total_ms=since_start(pycurl.TOTAL_TIME) or 0.0,
        )


def _header_lines(exchange: Exchange) -> list[bytes]:
    lines = [_header_line(name, value) for name, value in exchange.headers]
    given = {name.lower() for name, _ in exchange.headers}
    lines += [f"{name}:".encode() for name in LIBCURLS_OWN if name.lower() not in given]
    lines.append(b"Expect:")
    return lines


def _header_line(name: str, value: str) -> bytes:
    # A semicolon instead of the colon is libcurl's way to send a header without a value.
    return f"{name}: {value}".encode() if value else f"{name};".encode()


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
