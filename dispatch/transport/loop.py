"""Moves many exchanges at once in one thread: libcurl's multi interface, driven by the selector's events."""

import re
import selectors
import socket
import time
from collections import deque
from urllib.parse import urlsplit

import certifi
import pycurl

from dispatch.outcomes import ErrorKind, Outcome
from dispatch.transport.exchange import Exchange
from dispatch.transport.guard import AddressGuard
from dispatch.transport.resolver import Resolution, Resolver
from dispatch.transport.transfer import Transfer

#: How often time-outs that are ours, not libcurl's, are looked after, in seconds.
SWEEP_SECONDS = 0.1
MAX_CONNECTIONS = 1024
LINE_BREAK = re.compile(r"[\r\n\x00]")

Completed = list[tuple[object, Outcome]]


class Transport:
    """Used by one thread, except `wake`. Connections are kept and reused; names are resolved by `resolver`."""

    def __init__(
        self, guard: AddressGuard, resolver: Resolver | None = None, *, ca_file: str = "", proxy: str = ""
    ) -> None:
        self._guard = guard
        self._resolver = resolver or Resolver()
        self._ca_file = ca_file or certifi.where()
        self._proxy = proxy
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, MAX_CONNECTIONS)
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._deadline: float | None = None
        self._swept_at = time.monotonic()
        self._free: list[pycurl.Curl] = []
        self._moving: dict[pycurl.Curl, Transfer] = {}
        self._resolving: set[Transfer] = set()
        self._resolved: deque[tuple[Transfer, Resolution]] = deque()
        self._done: Completed = []

    @property
    def in_flight(self) -> int:
        return len(self._moving) + len(self._resolving)

    def start(self, exchange: Exchange, token: object) -> None:
        """Begins; its outcome comes from a later `run`. Never blocks, and raises for nothing an exchange can hold."""
        try:
            transfer = Transfer(exchange, token, urlsplit(exchange.url), self._guard)
        except ValueError as error:
            outcome = Outcome(error_kind=ErrorKind.BAD_REQUEST, error=f"The URL cannot be used: {error}.")
            self._done.append((token, outcome))
            return
        refusal = _refusal(transfer)
        if refusal:
            self._finish(transfer, transfer.failure(*refusal))
            return
        self._resolving.add(transfer)
        resolution = self._resolver.resolve(transfer.host, lambda found: self._on_resolved(transfer, found))
        if resolution is not None:
            self._begin(transfer, resolution)

    def run(self, timeout_seconds: float) -> Completed:
        """Moves what can be moved, waiting at most so long for something to do; returns what is over."""
        if not self._done:
            self._wait(timeout_seconds)
        self._begin_resolved()
        self._fire_timer()
        self._sweep()
        self._collect()
        done, self._done = self._done, []
        return done

    def wake(self) -> None:
        """Ends the wait of a `run`. For other threads."""
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            return  # so many wakes are waiting that one more tells nothing

    def abort_all(self) -> list[object]:
        """Drops everything that is in flight; returns the tokens."""
        tokens = [transfer.token for transfer in (*self._moving.values(), *self._resolving)]
        for handle in list(self._moving):
            self._release(handle)
        self._resolving.clear()
        return tokens

    def close(self) -> None:
        self.abort_all()
        for handle in self._free:
            handle.close()
        self._multi.close()
        self._selector.close()
        self._waker.close()
        self._woken.close()

    def _wait(self, timeout_seconds: float) -> None:
        for key, events in self._selector.select(self._time_to_wait(timeout_seconds)):
            if key.fileobj is self._woken:
                self._woken.recv(4096)
                continue
            read = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
            write = pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
            self._multi.socket_action(key.fd, read | write)

    def _time_to_wait(self, most: float) -> float:
        if self._resolved:
            return 0.0
        if self._deadline is not None:
            most = min(most, self._deadline - time.monotonic())
        if self.in_flight:
            most = min(most, SWEEP_SECONDS)
        return max(0.0, most)

    def _on_socket(self, event: int, descriptor: int, multi: object, data: object) -> None:
        known = descriptor in self._selector.get_map()
        if event == pycurl.POLL_REMOVE:
            if known:
                self._selector.unregister(descriptor)
            return
        wanted = 0
        if event in (pycurl.POLL_IN, pycurl.POLL_INOUT):
            wanted |= selectors.EVENT_READ
        if event in (pycurl.POLL_OUT, pycurl.POLL_INOUT):
            wanted |= selectors.EVENT_WRITE
        if known:
            self._selector.modify(descriptor, wanted)
        else:
            self._selector.register(descriptor, wanted)

    def _on_timer(self, timeout_ms: int) -> None:
        self._deadline = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000

    def _fire_timer(self) -> None:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._deadline = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _on_resolved(self, transfer: Transfer, resolution: Resolution) -> None:
        """In a thread of the resolver."""
        self._resolved.append((transfer, resolution))
        self.wake()

    def _begin_resolved(self) -> None:
        while self._resolved:
            transfer, resolution = self._resolved.popleft()
            if transfer in self._resolving:
                self._begin(transfer, resolution)

    def _begin(self, transfer: Transfer, resolution: Resolution) -> None:
        self._resolving.discard(transfer)
        refusals = [self._guard.check(address) for address in resolution.addresses]
        allowed = [address for address, refused in zip(resolution.addresses, refusals, strict=True) if refused is None]
        if not resolution.addresses:
            sentence = f"The name {transfer.host} does not resolve: {resolution.error or 'it has no address'}."
            self._finish(transfer, transfer.failure(ErrorKind.DNS, sentence))
        elif not allowed:
            sentence = f"{transfer.peer} may not be called: {refusals[0]}."
            self._finish(transfer, transfer.failure(ErrorKind.FORBIDDEN_ADDRESS, sentence))
        else:
            transfer.addresses = allowed
            self._move(transfer)

    def _move(self, transfer: Transfer) -> None:
        handle = self._free.pop() if self._free else pycurl.Curl()
        try:
            transfer.prepare(handle, self._ca_file, self._proxy)
        except (pycurl.error, UnicodeError, ValueError) as error:
            handle.reset()
            self._free.append(handle)
            self._finish(transfer, transfer.failure(ErrorKind.BAD_REQUEST, f"No request can be built: {error}."))
            return
        self._moving[handle] = transfer
        self._multi.add_handle(handle)

    def _sweep(self) -> None:
        now = time.monotonic()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        for transfer in [
            each for each in self._resolving if now - each.started > each.exchange.timeouts.connect_seconds
        ]:
            self._resolving.discard(transfer)
            sentence = f"The name {transfer.host} was not resolved within the time allowed to connect."
            self._finish(transfer, transfer.failure(ErrorKind.DNS, sentence))
        for handle, transfer in [each for each in self._moving.items() if each[1].is_idle(each[0], now)]:
            outcome = transfer.idle_outcome(handle)
            self._release(handle)
            self._finish(transfer, outcome)

    def _collect(self) -> None:
        remaining = 1
        while remaining:
            remaining, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                self._complete(handle, 0, "")
            for handle, code, message in failed:
                self._complete(handle, code, message)

    def _complete(self, handle: pycurl.Curl, code: int, message: str) -> None:
        transfer = self._moving[handle]
        outcome = transfer.outcome(handle, code, message)
        self._release(handle)
        is_unreachable = outcome.error_kind in (ErrorKind.CONNECT, ErrorKind.CONNECT_TIMEOUT)
        if is_unreachable and transfer.addresses:
            self._move(transfer)  # the name has another address
        else:
            self._finish(transfer, outcome)

    def _release(self, handle: pycurl.Curl) -> None:
        del self._moving[handle]
        self._multi.remove_handle(handle)
        handle.reset()
        self._free.append(handle)

    def _finish(self, transfer: Transfer, outcome: Outcome) -> None:
        self._done.append((transfer.token, outcome))


def _refusal(transfer: Transfer) -> tuple[ErrorKind, str] | None:
    """What is wrong with a request before anything is resolved."""
    url = transfer.url
    if url.scheme not in ("http", "https"):
        return (
            ErrorKind.FORBIDDEN_ADDRESS,
            f"Only http and https are called, not {url.scheme or 'a URL without scheme'}.",
        )
    if not transfer.host or "@" in url.netloc or "%" in transfer.host:
        return ErrorKind.FORBIDDEN_ADDRESS, "The URL must name a host, without user, password or zone."
    if not transfer.exchange.url.isascii() or LINE_BREAK.search(transfer.exchange.url):
        return ErrorKind.BAD_REQUEST, "The URL holds characters that must be percent-encoded."
    for name, value in transfer.exchange.headers:
        if not name or LINE_BREAK.search(name) or LINE_BREAK.search(value):
            return ErrorKind.BAD_REQUEST, f"The header {name!r} holds a line break or NUL."
    return None
