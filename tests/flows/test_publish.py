"""Publishing on the wire: what only a real server shows."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.flows.publisher import publish, publish_all
from tests.flows.receiver import Receiver
from tests.flows.wire import Wire
from tests.servers.hub import HubServer
from tests.servers.processes import free_port

EVENT = {"topic": "orders", "data": {"body": {"total": 120}}}
BODY = json.dumps(EVENT).encode()
LIMIT = 16 << 20  # bytes of a body, by default


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.start_web()
        yield server


def test_chunked_body_is_read_to_its_end(hub: HubServer) -> None:
    with Wire(hub, "Transfer-Encoding: chunked") as wire:
        for start in range(0, len(BODY), 7):
            wire.send_chunk(BODY[start : start + 7])
        wire.send_chunk(b"")
        assert wire.status() == 202


def test_client_that_expects_100_continue_is_told_to_go_on(hub: HubServer) -> None:
    with Wire(hub, "Expect: 100-continue", f"Content-Length: {len(BODY)}") as wire:
        assert wire.status() == 100
        wire.send(BODY)
        assert wire.status() == 202


def test_post_without_a_body_is_400(hub: HubServer) -> None:
    with Wire(hub) as wire:
        assert wire.status() == 400


def test_announced_length_over_the_limit_is_413_before_a_byte_is_sent(hub: HubServer) -> None:
    with Wire(hub, f"Content-Length: {1 << 30}") as wire:
        assert wire.status() == 413


def test_chunked_body_over_the_limit_is_413_before_its_end(hub: HubServer) -> None:
    with Wire(hub, "Transfer-Encoding: chunked") as wire:
        for _ in range(LIMIT >> 20):
            wire.send_chunk(b" " * (1 << 20))
        wire.send_chunk(b" ")
        assert wire.status() == 413


def test_bad_token_is_401_before_the_body_is_sent(hub: HubServer) -> None:
    with Wire(hub, "Content-Length: 1000", token="bad") as wire:
        assert wire.status() == 401


def test_body_that_ends_before_its_length_stores_nothing(hub: HubServer) -> None:
    with Wire(hub, f"Content-Length: {len(BODY) + 5}", "Idempotency-Key: cut-off") as wire:
        wire.send(BODY)
    assert publish(hub, EVENT, **{"Idempotency-Key": "cut-off"})[1]["duplicate"] is False


def test_chunked_body_that_ends_before_its_last_chunk_stores_nothing(hub: HubServer) -> None:
    for _ in range(20):
        with Wire(hub, "Transfer-Encoding: chunked", "Idempotency-Key: no-last-chunk") as wire:
            wire.send_chunk(BODY)
    assert publish(hub, EVENT, **{"Idempotency-Key": "no-last-chunk"})[1]["duplicate"] is False


@pytest.mark.parametrize("size", [100, 65_536, 65_537, 900_000], ids=str)
def test_body_of_any_size_arrives_whole(hub: HubServer, size: int) -> None:
    key = {"Idempotency-Key": f"size-{size}"}
    event = EVENT | {"data": {"body": "x" * size}}
    assert publish(hub, event, **key)[0] == 202
    assert publish(hub, event, **key)[1]["duplicate"] is True


def test_two_requests_on_one_connection_are_both_answered(hub: HubServer) -> None:
    with Wire(hub, f"Content-Length: {len(BODY)}") as wire:
        wire.send(BODY)
        assert wire.status() == 202
        wire.send_head(f"Content-Length: {len(BODY)}")
        wire.send(BODY)
        assert wire.status() == 202


@pytest.fixture(params=["closed", "silent"])
def faktory_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where no Faktory is: nobody listens, or somebody who never says a word."""
    if request.param == "closed":
        yield free_port()
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_publish_is_accepted_while_faktory_is_away(faktory_port: int) -> None:
    with Receiver() as receiver, HubServer({"FAKTORY_URL": f"tcp://127.0.0.1:{faktory_port}"}) as hub:
        hub.manage("subscribe", "orders", receiver.url)
        hub.start_web()
        for _ in range(3):
            status, answer = publish(hub, EVENT)
            assert (status, answer["matched"]) == (202, 1)
        # What it accepted is in the database: the embedded queue delivers it.
        del hub.env["FAKTORY_URL"]
        hub.start_consumer()
        receiver.wait_for(3)


def test_several_processes_serve_one_port() -> None:
    with HubServer({"SWITCH_WEB_PROCESSES": "2"}) as hub:
        hub.start_web()
        key = {"Idempotency-Key": "one for all"}
        first = publish(hub, EVENT, **key)[1]
        counts = publish_all(hub, [EVENT] * 200, clients=8)
        assert counts == {202: 200}
        assert {publish(hub, EVENT, **key)[1]["id"] for _ in range(10)} == {first["id"]}
