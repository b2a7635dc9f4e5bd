"""The transport: starts exchanges, moves many at once in one thread, says what came of them."""

import time
from collections import deque
from collections.abc import Sequence

import certifi
import pycurl

from dispatch.outcomes import ErrorKind, Outcome
from dispatch.transport.certificates import combined
from dispatch.transport.driver import Driver
from dispatch.transport.exchange import Exchange
from dispatch.transport.kept import KeptConnections
from dispatch.transport.resolver import Resolution, Resolver
from dispatch.transport.target import Target, UnsendableError, read_target
from dispatch.transport.transfer import Rules, Transfer
from subscribers.guard import AddressGuard
from subscribers.ports import PortPolicy

#: How often the time-outs that are ours, not libcurl's, are looked after.
SWEEP_SECONDS = 0.1

Completed = list[tuple[object, Outcome]]


class Transport:
    """Used by one thread, except `wake`. Connections are kept and reused.

    `ca_file` (PEM) is trusted besides the public certificates; OSError if it cannot be read. Names are resolved here
    even with a `proxy` (a URL), which is asked to connect to the address that was judged.
    """

    def __init__(
        self,
        guard: AddressGuard,
        resolver: Resolver | None = None,
        *,
        ports: PortPolicy = PortPolicy(),  # noqa: B008 - it cannot be changed
        ca_file: str = "",
        proxy: str = "",
    ) -> None:
        self._trusted = combined(ca_file) if ca_file else None
        self._rules = Rules(guard, self._trusted.name if self._trusted else certifi.where(), proxy, ports)
        self._own_resolver = None if resolver else Resolver()
        self._resolver = resolver or self._own_resolver or Resolver()
        self._driver = Driver()
        self._kept = KeptConnections()
        self._is_woken = False
        self._swept_at = time.monotonic()
        self._free: list[pycurl.Curl] = []
        self._moving: dict[pycurl.Curl, Transfer] = {}
        self._resolving: set[Transfer] = set()
        self._resolved: deque[tuple[Transfer, Resolution]] = deque()
        self._done: Completed = []

    @property
    def in_flight(self) -> int:
        """How many were started and have not been returned by `run`."""
        return len(self._moving) + len(self._resolving) + len(self._done)

    def start(self, exchange: Exchange, token: object) -> None:
        """Begins; its outcome comes from a later `run`. Never blocks, and raises for nothing an exchange can hold."""
        try:
            transfer = Transfer(token, exchange, self._target(exchange.url), self._rules, self._kept)
        except UnsendableError as error:
            self._done.append((token, Outcome(error_kind=error.kind, error=str(error))))
            return
        self._resolving.add(transfer)
        known = self._resolver.resolve(transfer.target.host, lambda found: self._on_resolved(transfer, found))
        if known is not None:
            self._begin(transfer, known)

    def _target(self, url: str) -> Target:
        target = read_target(url)
        if refusal := self._rules.ports.refusal(target.port):
            raise UnsendableError(ErrorKind.FORBIDDEN_ADDRESS, f"{target.peer} is not called. {refusal}")
        return target

    def run(self, timeout_seconds: float) -> Completed:
        """Moves what is ready; returns what is over, as soon as anything is, with the tokens given to `start`.

        Nothing after `timeout_seconds`, or after `wake`.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            remaining = 0.0 if self._done or self._resolved or self._is_woken else deadline - time.monotonic()
            self._driver.move(min(remaining, SWEEP_SECONDS))
            self._begin_resolved()
            self._sweep()
            self._collect()
            if self._done or self._is_woken or time.monotonic() >= deadline:
                break
        self._is_woken = False
        done, self._done = self._done, []
        return done

    def wake(self) -> None:
        """Makes `run` return. For other threads."""
        self._is_woken = True
        self._driver.wake()

    def abort_all(self) -> list[object]:
        """Drops everything in flight; returns the tokens. What is over already still comes from `run`."""
        tokens = [transfer.token for transfer in (*self._moving.values(), *self._resolving)]
        for handle in list(self._moving):
            self._release(handle)
        self._resolving.clear()
        return tokens

    def close(self) -> None:
        """Drops everything in flight and closes the connections."""
        self.abort_all()
        for handle in self._free:
            handle.close()
        self._driver.close()
        if self._own_resolver:
            self._own_resolver.close()
        if self._trusted:
            self._trusted.close()

    def _on_resolved(self, transfer: Transfer, resolution: Resolution) -> None:
        """In a thread of the resolver."""
        self._resolved.append((transfer, resolution))
        self._driver.wake()

    def _begin_resolved(self) -> None:
        while self._resolved:
            transfer, resolution = self._resolved.popleft()
            if transfer in self._resolving:
                self._begin(transfer, resolution)

    def _begin(self, transfer: Transfer, resolution: Resolution) -> None:
        """Moves a transfer whose name is resolved, if any of the addresses may be called."""
        self._resolving.discard(transfer)
        check = self._rules.guard.check
        allowed = [address for address in resolution.addresses if check(address) is None]
        if allowed:
            self._move(transfer, allowed)
        elif resolution.addresses:
            sentence = f"{transfer.target.peer} is not called: it is at {check(resolution.addresses[0])}."
            self._fail(transfer, ErrorKind.FORBIDDEN_ADDRESS, sentence)
        else:
            sentence = f"The name {transfer.target.host} does not resolve: {resolution.error or 'it has no address'}."
            self._fail(transfer, ErrorKind.DNS, sentence)

    def _move(self, transfer: Transfer, addresses: Sequence[str]) -> None:
        handle = self._free.pop() if self._free else pycurl.Curl()
        try:
            transfer.prepare(handle, addresses)
        except (pycurl.error, ValueError, TypeError) as error:
            handle.reset()
            self._free.append(handle)
            self._fail(transfer, ErrorKind.BAD_REQUEST, f"No request can be built: {error}.")
            return
        self._moving[handle] = transfer
        self._driver.multi.add_handle(handle)

    def _sweep(self) -> None:
        now = time.monotonic()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        self._end_unresolved(now)
        self._end_idle(now)

    def _end_unresolved(self, now: float) -> None:
        for transfer in list(self._resolving):
            seconds = min(transfer.exchange.timeouts.connect_seconds, transfer.exchange.timeouts.total_seconds)
            if now - transfer.started >= seconds:
                self._resolving.discard(transfer)
                sentence = f"The name {transfer.target.host} was not resolved within {seconds:g} s."
                self._fail(transfer, ErrorKind.DNS, sentence)

    def _end_idle(self, now: float) -> None:
        due = [(handle, transfer) for handle, transfer in self._moving.items() if now >= transfer.idle_at]
        for handle, transfer in due:
            if transfer.is_idle(handle, self._driver.ready_at, now):
                outcome = transfer.idle_outcome(handle)
                self._release(handle)
                self._done.append((transfer.token, outcome))

    def _collect(self) -> None:
        remaining = 1
        while remaining:
            remaining, succeeded, failed = self._driver.multi.info_read()
            for handle in succeeded:
                self._complete(handle, 0, "")
            for handle, code, message in failed:
                self._complete(handle, code, message)

    def _complete(self, handle: pycurl.Curl, code: int, message: str) -> None:
        transfer = self._moving[handle]
        if transfer.met_an_end:
            self._release(handle)
            self._move(transfer, transfer.addresses)
            return
        self._kept.keep(handle)
        outcome = transfer.outcome(handle, code, message)
        self._release(handle)
        self._done.append((transfer.token, outcome))

    def _release(self, handle: pycurl.Curl) -> None:
        del self._moving[handle]
        self._driver.multi.remove_handle(handle)
        handle.reset()  # it keeps the body and the options of its last request otherwise
        self._free.append(handle)

    def _fail(self, transfer: Transfer, kind: ErrorKind, sentence: str) -> None:
        self._done.append((transfer.token, transfer.failure(kind, sentence)))
