"""Clients that take their time, or never finish: they keep nobody else from publishing, and are told to come again."""

import json
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from tests.flows.publisher import publish, publish_raw
from tests.flows.wire import Wire
from tests.servers.hub import HubServer
from tests.servers.processes import STOP_SECONDS

EVENT = {"topic": "orders", "data": {"body": {"total": 120}}}
BODY = json.dumps(EVENT).encode()
LENGTH = f"Content-Length: {len(BODY)}"
LARGE = json.dumps(EVENT | {"data": {"body": "x" * 1000}}).encode()
SHORT_SECONDS = 2


@pytest.fixture(scope="module", autouse=True)
def _files_enough() -> None:
    """Each connection is an open file of this process, too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.start_web()
        yield server


@pytest.fixture(scope="module")
def brief_hub() -> Iterator[HubServer]:
    """Gives a body one second."""
    with HubServer({"SWITCH_REQUEST_TIMEOUT_SECONDS": "1"}) as server:
        server.start_web()
        yield server


@pytest.fixture(scope="module")
def strict_hub() -> Iterator[HubServer]:
    """Waits for a couple of seconds only, and has room for little."""
    limits = {
        "SWITCH_REQUEST_TIMEOUT_SECONDS": str(SHORT_SECONDS),
        "SWITCH_WEB_BODIES_MAX_BYTES": str(10 * len(LARGE)),
        "SWITCH_WEB_CONNECTIONS": "20",
    }
    with HubServer(limits) as server:
        server.start_web()
        yield server


@pytest.mark.parametrize("count", [100, 1000])
def test_half_sent_bodies_keep_nobody_from_publishing(hub: HubServer, count: int) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(hub, LENGTH)) for _ in range(count)]
        for wire in wires:
            wire.send(BODY[:10])
        assert [publish(hub, EVENT)[0] for _ in range(5)] == [202] * 5
        assert not any(wire.is_answered() for wire in wires)
        for wire in wires:
            wire.send(BODY[10:])
        assert {wire.status() for wire in wires} == {202}


def test_others_publish_within_the_second_that_half_sent_bodies_are_given(brief_hub: HubServer) -> None:
    """The hub's own clock tells: it ends each half-sent one after a second. One of three rounds may have bad luck."""
    assert sum(_is_served_before_the_slow(brief_hub) for _ in range(3)) >= 2


def _is_served_before_the_slow(hub: HubServer) -> bool:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(hub, LENGTH)) for _ in range(100)]
        for wire in wires:
            wire.send(BODY[:10])
        assert publish(hub, EVENT)[0] == 202
        is_first = not wires[-1].is_answered()
        assert wires[-1].status() == 408
        return is_first


def test_half_sent_chunks_keep_nobody_from_publishing(hub: HubServer) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(hub, "Transfer-Encoding: chunked")) for _ in range(300)]
        for wire in wires:
            wire.send_chunk(BODY[:10])
        assert publish(hub, EVENT)[0] == 202
        for wire in wires:
            wire.send_chunk(BODY[10:])
            wire.send_chunk(b"")
        assert {wire.status() for wire in wires} == {202}


@pytest.mark.parametrize("token", ["", "bad", "a.b.c"])
def test_many_without_a_good_token_are_refused_before_their_bodies(hub: HubServer, token: str) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(hub, "Content-Length: 1000000", token=token)) for _ in range(200)]
        assert {wire.status() for wire in wires} == {401}
        assert all(wire.is_closed() for wire in wires)
        assert publish(hub, EVENT)[0] == 202


@pytest.mark.parametrize("length", [LENGTH, "Transfer-Encoding: chunked", "Content-Length: 100000"])
def test_body_that_stalls_is_408_and_its_connection_closed(strict_hub: HubServer, length: str) -> None:
    with Wire(strict_hub, length) as wire:
        if "chunked" in length:
            wire.send_chunk(BODY[:10])
        else:
            wire.send(BODY[:10])
        answer = wire.answer()
        assert answer.split()[1] == "408"
        assert "application/problem+json" in answer
        assert f"not complete within {SHORT_SECONDS} seconds" in answer
        assert wire.is_closed()


def test_body_that_drips_is_408_as_well(strict_hub: HubServer) -> None:
    with Wire(strict_hub, "Content-Length: 1000") as wire:
        for _ in range(SHORT_SECONDS * 4):
            wire.send(b" ")
            time.sleep(0.2)
        assert wire.status() == 408


@pytest.mark.parametrize("begun", [b"", b"POST /publish HT", b"POST /publish HTTP/1.1\r\nHost: hub\r\nAuth"], ids=len)
def test_head_that_stalls_ends_with_its_connection(strict_hub: HubServer, begun: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", strict_hub.port), timeout=15)) as connection:
        connection.sendall(begun)
        assert connection.recv(1000) == b""


def test_idle_connection_is_closed(strict_hub: HubServer) -> None:
    with Wire(strict_hub, LENGTH) as wire:
        wire.send(BODY)
        assert wire.status() == 202
        assert wire.is_closed()


def test_bodies_beyond_the_memory_allowed_are_503_and_those_within_are_kept(strict_hub: HubServer) -> None:
    with ExitStack() as stack:
        kept = [stack.enter_context(Wire(strict_hub, f"Content-Length: {len(LARGE)}")) for _ in range(10)]
        for wire in kept:
            wire.send(LARGE[:10])
        status, headers, answer = publish_raw(strict_hub, EVENT)
        assert (status, answer["status"]) == (503, 503)
        assert int(headers["Retry-After"]) > 0
        for wire in kept:
            wire.send(LARGE[10:])
        assert [wire.status() for wire in kept] == [202] * 10
    assert publish(strict_hub, EVENT)[0] == 202


def test_forms_that_browsers_do_not_finish_take_no_memory_from_publishers(strict_hub: HubServer) -> None:
    with ExitStack() as stack:
        for _ in range(15):
            wire = stack.enter_context(Wire(strict_hub, f"Content-Length: {len(LARGE)}", path="/admin/login/"))
            wire.send(LARGE[:10])
        assert publish(strict_hub, EVENT)[0] == 202


def test_connections_beyond_those_allowed_wait_for_room(strict_hub: HubServer) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(Wire(strict_hub, "Content-Length: 7")).send(b"{")
        assert publish(strict_hub, EVENT)[0] == 202, "once the stalled ones were answered 408"


def test_publishes_in_hand_are_finished_when_the_server_is_told_to_stop() -> None:
    with HubServer() as hub, ThreadPoolExecutor(4) as pool:
        hub.start_web()
        assert hub.web
        assert publish(hub, EVENT)[0] == 202
        with closing(sqlite3.connect(hub.env["SWITCH_DB_NAME"], isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            waiting = [pool.submit(publish, hub, EVENT) for _ in range(4)]
            time.sleep(0.5)
            hub.web.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            database.execute("COMMIT")
        assert [each.result(20)[0] for each in waiting] == [202] * 4
        assert hub.web.wait(STOP_SECONDS) == 0


def test_half_sent_bodies_do_not_keep_the_server_from_stopping() -> None:
    with HubServer({"SWITCH_REQUEST_TIMEOUT_SECONDS": "3"}) as hub:
        hub.start_web()
        assert hub.web
        with Wire(hub, LENGTH) as wire:
            wire.send(BODY[:10])
            hub.web.send_signal(signal.SIGTERM)
            hub.web.wait(STOP_SECONDS)


def test_body_whose_client_stops_sending_is_refused(hub: HubServer) -> None:
    with closing(socket.create_connection(("127.0.0.1", hub.port), timeout=10)) as client:
        lines = ["POST /publish HTTP/1.1", "Host: hub", f"Authorization: Bearer {hub.token()}", "Content-Length: 99999"]
        client.sendall("\r\n".join([*lines, "", '{"topic": "half"']).encode())
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(4096)
    assert not answer or answer.startswith(b"HTTP/1.1 400 "), answer
