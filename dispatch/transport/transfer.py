"""One exchange on a libcurl handle: its options, its socket, its outcome."""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pycurl

from dispatch.outcomes import ErrorKind, Outcome, Timing
from dispatch.transport.destination import lead_to
from dispatch.transport.errors import Circumstances, explain
from dispatch.transport.exchange import Exchange
from dispatch.transport.headers import header_lines
from dispatch.transport.kept import KeptConnections
from dispatch.transport.response import Response
from dispatch.transport.target import Target
from subscribers.guard import AddressGuard
from subscribers.ports import PortPolicy

SUPPRESS_CONNECT_HEADERS = 265  # CURLOPT_SUPPRESS_CONNECT_HEADERS, which pycurl does not name
METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
METHODS_NOT_REPEATED = ("POST", "PATCH")  # the others are idempotent: RFC 9110, section 9.2.2
CONSTANT_OPTIONS = (
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.PATH_AS_IS, 1),  # dot segments were judged before; what was judged is what is sent
    (pycurl.NOSIGNAL, 1),
    (pycurl.FOLLOWLOCATION, 0),
    (pycurl.HTTPPROXYTUNNEL, 1),  # else a proxy's own answer to a request for an address passes for the subscriber's
    (SUPPRESS_CONNECT_HEADERS, 1),  # a proxy's answer to CONNECT is not the subscriber's
    (pycurl.MAXLIFETIME_CONN, 300),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for all transfers. With a `proxy` sockets lead to it, and only the resolved addresses are judged."""

    guard: AddressGuard
    ca_file: str
    proxy: str
    ports: PortPolicy = PortPolicy()  # noqa: RUF009 - it cannot be changed


class _GivenSocket(socket.socket):
    """libcurl gets a duplicate of it: this one must be closed at once, or the peer never sees the connection end."""

    def __del__(self) -> None:
        self.close()


class Transfer:
    """From the start of an exchange to its outcome. Times are of `time.monotonic`."""

    __slots__ = (
        *("token", "exchange", "target", "response", "started", "idle_at", "addresses", "met_an_end"),
        *("_rules", "_kept", "_lines", "_began", "_address", "_refused", "_failed_here"),
    )

    def __init__(self, token: object, exchange: Exchange, target: Target, rules: Rules, kept: KeptConnections) -> None:
        self.token = token
        self.exchange = exchange
        self.target = target
        self.response = Response()
        self.started = time.monotonic()
        #: The earliest moment at which it can have been idle for too long.
        self.idle_at = 0.0
        self.addresses: Sequence[str] = ()
        #: It was stopped, before anything was sent, at a kept connection that its peer had ended: it is to begin anew.
        self.met_an_end = False
        self._rules = rules
        self._kept = kept
        self._lines = header_lines(exchange.headers)
        self._began = self.started
        self._address = ""
        self._refused = ""
        self._failed_here = ""

    def prepare(self, handle: pycurl.Curl, addresses: Sequence[str]) -> None:
        """Sets every option on `handle`, which was reset: it would keep the last request's body otherwise."""
        rules = self._rules
        setopt = handle.setopt
        self.addresses = addresses
        self._began = time.monotonic()
        self.idle_at = self._began + self.exchange.timeouts.idle_seconds
        for option, value in CONSTANT_OPTIONS:
            setopt(option, value)
        setopt(pycurl.URL, self.exchange.url)
        setopt(pycurl.PROXY, rules.proxy)  # empty: the environment's own proxy variables must not count
        if self.target.is_secure:
            setopt(pycurl.CAINFO, rules.ca_file)
        # The proxy knows nothing of the name that stands for several addresses.
        lead_to(setopt, addresses[:1] if rules.proxy else addresses, self.target.port)
        setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        setopt(pycurl.HEADERFUNCTION, self.response.on_header)
        setopt(pycurl.WRITEFUNCTION, self.response.on_body)
        self._set_connection(setopt)
        self._set_timeouts(setopt)
        self._set_request(setopt)

    def is_idle(self, handle: pycurl.Curl, ready_at: dict[int, float], now: float) -> bool:
        """Whether its socket was still for too long, in both directions, since the request began to be sent.

        libcurl's LOW_SPEED_TIME is not used: it counts averages over seconds, and no byte of an unfinished header line.
        """
        if not handle.getinfo(pycurl.REQUEST_SIZE):
            return False  # the time to connect is another time-out's
        last = max(self._began, ready_at.get(handle.getinfo(pycurl.ACTIVESOCKET), 0.0))
        self.idle_at = last + self.exchange.timeouts.idle_seconds
        return now >= self.idle_at

    def outcome(self, handle: pycurl.Curl, code: int, message: str) -> Outcome:
        """What happened, from libcurl's `code` and `message`. A complete head counts, whatever came after it."""
        timing = self._timing(handle)
        if self.response.status:
            return self._answered(timing)
        kind, sentence = self._explanation(handle, code, message)
        return Outcome(error_kind=kind, error=sentence, timing=timing)

    def idle_outcome(self, handle: pycurl.Curl) -> Outcome:
        """What happened to a transfer that was idle for too long."""
        timing = self._timing(handle)
        if self.response.status:
            return self._answered(timing)
        sentence = f"{self._place} sent nothing for {self.exchange.timeouts.idle_seconds:g} s."
        return Outcome(error_kind=ErrorKind.IDLE_TIMEOUT, error=sentence, timing=timing)

    def failure(self, kind: ErrorKind, sentence: str) -> Outcome:
        """The outcome of one that libcurl was not asked to move."""
        return Outcome(error_kind=kind, error=sentence, timing=Timing(total_ms=_ms(time.monotonic() - self.started)))

    def _answered(self, timing: Timing) -> Outcome:
        response = self.response
        return Outcome(status=response.status, headers=response.headers, body=response.body, timing=timing)

    @property
    def _place(self) -> str:
        peer = self.target.peer
        return f"{peer} ({self._address})" if self._address not in ("", self.target.host) else peer

    def _explanation(self, handle: pycurl.Curl, code: int, message: str) -> tuple[ErrorKind, str]:
        if self._refused:
            return ErrorKind.FORBIDDEN_ADDRESS, f"{self.target.peer} is not called: it is at {self._refused}."
        if self._failed_here:
            return ErrorKind.INTERNAL, f"No socket could be opened here for {self._place}: {self._failed_here}."
        if self.response.is_head_too_large:
            return ErrorKind.PROTOCOL, f"The head of the response of {self._place} is too large."
        was_sent = bool(handle.getinfo(pycurl.REQUEST_SIZE))  # PRETRANSFER_TIME is set even by failures to connect
        at = Circumstances(self._place, was_sent, int(handle.getinfo(pycurl.OS_ERRNO)), self.exchange.timeouts)
        return explain(code or pycurl.E_GOT_NOTHING, message, at)

    def _set_connection(self, setopt: Callable[[int, object], None]) -> None:
        """A kept connection that its peer has not ended, or a new one. A request that must not be repeated needs a new
        one where it has no body: libcurl has nothing to rewind then, and would repeat it on its own."""
        would_be_repeated = self.exchange.method in METHODS_NOT_REPEATED and not self.exchange.body
        if self.met_an_end or would_be_repeated:
            setopt(pycurl.FRESH_CONNECT, 1)
        else:
            setopt(pycurl.PREREQFUNCTION, self._look_before_sending)
        self.met_an_end = False

    def _set_timeouts(self, setopt: Callable[[int, int], None]) -> None:
        timeouts = self.exchange.timeouts
        waited_seconds = self._began - self.started
        setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int((timeouts.connect_seconds - waited_seconds) * 1000)))
        setopt(pycurl.TIMEOUT_MS, max(1, int((timeouts.total_seconds - waited_seconds) * 1000)))

    def _set_request(self, setopt: Callable[[int, object], None]) -> None:
        method, body = self.exchange.method, self.exchange.body
        if method == "HEAD":
            setopt(pycurl.NOBODY, 1)
        elif body:
            _give_once(setopt, body)
        elif body is not None or method in METHODS_WITH_BODY:
            setopt(pycurl.POSTFIELDS, b"")
        setopt(pycurl.CUSTOMREQUEST, method)
        setopt(pycurl.HTTPHEADER, self._lines)

    def _look_before_sending(self, *ends: Any) -> int:
        self.met_an_end = self._kept.is_over(ends)
        return pycurl.PREREQFUNC_ABORT if self.met_an_end else pycurl.PREREQFUNC_OK

    def _open_socket(self, purpose: int, address: tuple[int, int, int, tuple[object, ...]]) -> socket.socket | int:
        family, kind, protocol, place = address
        reason = None if self._rules.proxy else self._rules.guard.check(str(place[0]))
        if reason:
            self._refused = reason
            return pycurl.SOCKET_BAD
        self._address = str(place[0])
        try:
            return _GivenSocket(family, kind, protocol)
        except OSError as error:
            self._failed_here = error.strerror or str(error)
            return pycurl.SOCKET_BAD

    def _timing(self, handle: pycurl.Curl) -> Timing:
        """libcurl's times, in whole microseconds, count from when it began; those before it, for the name, are added. A
        reused connection has no times of connect and TLS."""
        waited = round((self._began - self.started) * 1_000_000)

        def since_start(info: int) -> float | None:
            microseconds: int = handle.getinfo(info)
            return (waited + microseconds) / 1000 if microseconds else None

        return Timing(
            name_lookup_ms=waited / 1000,
            connect_ms=since_start(pycurl.CONNECT_TIME_T),
            tls_ms=since_start(pycurl.APPCONNECT_TIME_T) if self.target.is_secure else None,
            first_byte_ms=since_start(pycurl.STARTTRANSFER_TIME_T) if self.response.status else None,
            total_ms=_ms(time.monotonic() - self.started),
        )


def _give_once(setopt: Callable[[int, object], None], body: bytes) -> None:
    """A body that cannot be rewound, so that libcurl cannot send it twice.

    Where a kept connection ends without an answer it would, behind the ledger's back: the first may have arrived.
    """
    setopt(pycurl.POST, 1)
    setopt(pycurl.POSTFIELDSIZE_LARGE, len(body))
    setopt(pycurl.READFUNCTION, BytesIO(body).read)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
