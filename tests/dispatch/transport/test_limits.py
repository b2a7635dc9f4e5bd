"""Many exchanges at once in one thread, and nothing left behind: no socket, no thread, no outcome."""

import os
import threading
import time
from collections.abc import Callable

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import AddressGuard, Timeouts, Transport, driver
from tests.dispatch.transport.conftest import OpenTransport
from tests.dispatch.transport.moving import exchange, move, move_one
from tests.dispatch.transport.peers import OK, Pause, Peer, RawRequest, Step

MANY = 200


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def becomes_true(claim: Callable[[], bool], timeout_seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.01)
    return True


class Gate:
    """Steps that answer only once `count` requests have come."""

    def __init__(self, count: int) -> None:
        self._barrier = threading.Barrier(count)

    def __call__(self, request: RawRequest) -> tuple[Step, ...]:
        self._barrier.wait(10)
        return (OK,)


def test_many_exchanges_are_in_flight_at_once(transport: Transport) -> None:
    with Peer(Gate(MANY)) as peer:
        outcomes = move(transport, *(exchange(f"{peer.url}/{number}", "GET") for number in range(MANY)))
    assert [outcome.status for outcome in outcomes] == [200] * MANY
    assert sorted(request.line for request in peer.requests) == sorted(
        f"GET /{number} HTTP/1.1".encode() for number in range(MANY)
    )


def test_connections_are_kept_for_the_next_exchanges(transport: Transport) -> None:
    with Peer(OK) as peer:
        for _ in range(20):
            move(transport, *(exchange(peer.url, body=b"{}") for _ in range(10)))
    assert len(peer.requests) == 200
    assert peer.connections <= 10


def test_kept_connections_are_bounded(monkeypatch: pytest.MonkeyPatch, open_transport: OpenTransport) -> None:
    monkeypatch.setattr(driver, "MAX_CONNECTIONS", 5)
    transport = open_transport()
    with Peer(Gate(30)) as peer:
        before = open_descriptors()
        move(transport, *(exchange(peer.url) for _ in range(30)))
        # Both ends are in this process, and the peer keeps each end until it sees the other closed.
        assert becomes_true(lambda: open_descriptors() <= before + 2 * 5)


def test_closing_gives_every_descriptor_back() -> None:
    before = open_descriptors()
    with Peer(OK) as peer:
        transport = Transport(AddressGuard())
        move(transport, *(exchange(peer.url) for _ in range(50)))
        assert open_descriptors() > before
        transport.close()
    assert becomes_true(lambda: open_descriptors() == before)


def test_closing_drops_what_is_in_flight() -> None:
    before = open_descriptors()
    with Peer(Pause(20)) as peer:
        transport = Transport(AddressGuard())
        for number in range(50):
            transport.start(exchange(peer.url), number)
        assert becomes_true(lambda: transport.run(0.01) == [] and len(peer.requests) == 50)
        transport.close()
    assert becomes_true(lambda: open_descriptors() == before)


def test_aborting_gives_the_tokens_back_and_closes_the_sockets(transport: Transport) -> None:
    with Peer(Pause(20)) as hanging, Peer(OK) as good:
        before = open_descriptors()
        for number in range(20):
            transport.start(exchange(hanging.url), number)
        assert becomes_true(lambda: transport.run(0.01) == [] and len(hanging.requests) == 20)
        assert transport.in_flight == 20
        assert sorted(transport.abort_all()) == list(range(20))  # type: ignore[type-var]
        assert transport.in_flight == 0
        assert transport.run(0.05) == []
        assert open_descriptors() <= before + 20  # the peer's ends
        assert move_one(transport, exchange(good.url)).status == 200


def test_aborting_drops_what_waits_for_its_name(open_transport: OpenTransport) -> None:
    over = threading.Event()

    def lookup(host: str) -> tuple[str, ...]:
        over.wait(10)
        return ("127.0.0.1",)

    transport = open_transport(lookup)
    with Peer(OK) as peer:
        transport.start(exchange(f"http://slow.example:{peer.port}/"), "slow")
        assert transport.abort_all() == ["slow"]
        over.set()
        assert transport.run(0.2) == []
        assert peer.connections == 0


def test_what_is_over_still_comes_after_an_abort(transport: Transport) -> None:
    transport.start(exchange("ftp://127.0.0.1/"), "refused")
    assert transport.abort_all() == []
    assert [token for token, _ in transport.run(1.0)] == ["refused"]


def test_timed_out_exchanges_leave_no_socket(transport: Transport) -> None:
    brief = Timeouts(idle_seconds=0.1)
    with Peer(Pause(20)) as peer:
        before = open_descriptors()
        outcomes = move(transport, *(exchange(peer.url, timeouts=brief) for _ in range(20)))
        assert {outcome.error_kind for outcome in outcomes} == {ErrorKind.IDLE_TIMEOUT}
        assert open_descriptors() <= before + 20  # the peer's ends


def test_hanging_peer_holds_up_no_other(transport: Transport) -> None:
    with Peer(Pause(20)) as hanging, Peer(OK) as good:
        for number in range(MANY):
            transport.start(exchange(hanging.url), f"hanging {number}")
        for number in range(MANY):
            transport.start(exchange(good.url), number)
        came: list[object] = []
        assert becomes_true(lambda: came.extend(token for token, _ in transport.run(0.05)) or len(came) == MANY)
        assert sorted(came) == list(range(MANY))  # type: ignore[type-var]
        transport.abort_all()


def test_closing_ends_the_threads_that_resolved() -> None:
    def resolvers() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name.startswith("resolver")]

    assert becomes_true(lambda: resolvers() == [])
    transport = Transport(AddressGuard())
    with Peer(OK) as peer:
        assert move_one(transport, exchange(f"http://localhost:{peer.port}/")).status == 200
    assert resolvers() != []
    transport.close()
    assert becomes_true(lambda: resolvers() == [])
