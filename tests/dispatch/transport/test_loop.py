"""How the loop is driven: waiting, waking, and what it says of an exchange's time."""

import threading
import time

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import Timeouts, Transport, loop
from tests.dispatch.transport.conftest import OpenTransport
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import OK, Pause, Peer, RawRequest, Step


def test_run_without_work_ends_by_itself(transport: Transport) -> None:
    assert transport.run(0.05) == []


def test_wake_from_another_thread_ends_a_long_wait(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SWEEP_SECONDS", 30.0)  # else it looks up by itself soon
    threading.Timer(0.05, transport.wake).start()
    started = time.monotonic()
    assert transport.run(30.0) == []
    assert time.monotonic() - started < 10  # far from the 30 s it would have waited


def test_wake_before_run_is_not_lost(transport: Transport) -> None:
    transport.wake()
    started = time.monotonic()
    assert transport.run(30.0) == []
    assert time.monotonic() - started < 10


def test_thousand_wakes_are_one(transport: Transport) -> None:
    for _ in range(100_000):
        transport.wake()
    assert transport.run(30.0) == []
    with Peer(OK) as peer:
        assert move_one(transport, exchange(peer.url)).status == 200


def test_wake_after_close_does_nothing(open_transport: OpenTransport) -> None:
    transport = open_transport()
    transport.close()
    transport.wake()


def test_starting_never_blocks_and_moves_nothing(transport: Transport) -> None:
    with Peer(OK) as peer:
        transport.start(exchange(peer.url), "first")
        assert transport.in_flight == 1
        [(token, outcome)] = transport.run(5.0)
    assert (token, outcome.status) == ("first", 200)
    assert transport.in_flight == 0


def test_phases_come_in_their_order(open_transport: OpenTransport) -> None:
    def lookup(host: str) -> tuple[str, ...]:
        threading.Event().wait(0.05)
        return ("127.0.0.1",)

    transport = open_transport(lookup)
    with Peer(Pause(0.05), OK) as peer:
        first, second = (
            move_one(transport, exchange(f"http://a.example:{peer.port}/", body=b"{}")).timing for _ in range(2)
        )
    assert first.name_lookup_ms is not None
    assert first.connect_ms is not None
    assert first.first_byte_ms is not None
    assert 50 <= first.name_lookup_ms <= first.connect_ms <= first.first_byte_ms <= first.total_ms
    assert first.first_byte_ms >= first.connect_ms + 40
    assert first.tls_ms is None
    assert second.connect_ms is None  # the connection was kept
    assert second.total_ms >= 40


def test_time_for_the_name_counts_against_the_whole_exchange(open_transport: OpenTransport) -> None:
    def lookup(host: str) -> tuple[str, ...]:
        threading.Event().wait(0.6)
        return ("127.0.0.1",)

    transport = open_transport(lookup)
    with Peer(Pause(0.3), OK) as peer:
        url = f"http://slow.example:{peer.port}/"
        slow_name = move_one(transport, exchange(url, timeouts=Timeouts(total_seconds=0.8)))
        known_name = move_one(transport, exchange(url, timeouts=Timeouts(total_seconds=0.8)))
    assert slow_name.status is None
    assert known_name.status == 200


def test_bytes_that_trickle_are_not_idle(transport: Transport) -> None:
    slow = [step for byte in OK for step in (Pause(0.015), bytes([byte]))]
    with Peer(*slow) as peer:
        outcome = move_one(transport, exchange(peer.url, timeouts=Timeouts(idle_seconds=0.3)))
    assert outcome.status == 200


def as_proxy(request: RawRequest) -> tuple[Step, ...]:
    return (b"HTTP/1.1 200 Connected\r\nX-Proxy: 1\r\n\r\n",) if request.line.startswith(b"CONNECT") else (OK,)


def test_proxy_that_is_set_is_asked_for_the_address_that_was_judged(open_transport: OpenTransport) -> None:
    with Peer(as_proxy) as proxy:
        transport = open_transport(lambda host: ("10.1.2.3", "10.1.2.4"), proxy=proxy.url)
        outcome = move_one(transport, exchange("http://inside.example:81/path", "GET"))
    assert outcome.status == 200
    assert outcome.headers == (("Content-Length", "2"),)  # none of the proxy's
    assert [request.line for request in proxy.requests] == [b"CONNECT 10.1.2.3:81 HTTP/1.1", b"GET /path HTTP/1.1"]
    assert proxy.requests[1].headers["host"] == "inside.example:81"


def test_proxy_does_not_lead_around_the_guard(open_transport: OpenTransport) -> None:
    with Peer(as_proxy) as proxy:
        transport = open_transport(proxy=proxy.url)
        outcome = move_one(transport, exchange("http://169.254.169.254/"))
    assert outcome.error_kind == ErrorKind.FORBIDDEN_ADDRESS
    assert proxy.connections == 0


def test_proxy_that_refuses_is_a_failure_to_connect(open_transport: OpenTransport) -> None:
    with Peer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as proxy:
        outcome = move_one(open_transport(proxy=proxy.url), exchange("http://10.1.2.3/"))
    assert (outcome.status, outcome.error_kind) == (None, ErrorKind.CONNECT)
    assert outcome.error.startswith("The proxy made no connection to 10.1.2.3:80")
