"""A kept connection that the peer closes: noticed before the next request, or else an outcome of that one."""

from itertools import count

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import Transport
from tests.dispatch.transport.moving import exchange, move, move_one
from tests.dispatch.transport.peers import CLOSE, OK, RESET, End, Pause, Peer, RawRequest, Step

BODY = b'{"amount": 12}'
LARGE = b"x" * 3_000_000


class Deserter:
    """Answers the first request, and ends the connection with the second, which it has read, as `end` says."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._numbers = count(1)

    def __call__(self, request: RawRequest) -> tuple[Step, ...]:
        return (OK,) if next(self._numbers) == 1 else (self._end,)


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("method", "body"),
    [
        *(("POST", BODY), ("POST", LARGE), ("PUT", BODY), ("PATCH", BODY), ("DELETE", BODY), ("GET", BODY)),
        *(("POST", b""), ("POST", None), ("PATCH", None)),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else str(value),
)
def test_request_is_not_repeated_by_itself(method: str, body: bytes | None, end: End, transport: Transport) -> None:
    with Peer(Deserter(end)) as peer:
        first, second = (move_one(transport, exchange(peer.url, method, body)) for _ in range(2))
    assert first.status == 200
    assert (second.status, second.error_kind) == (None, ErrorKind.RESET)
    assert f"127.0.0.1:{peer.port}" in second.error
    assert len(peer.requests) == 2


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
def test_sentence_says_that_it_may_have_arrived(end: End, transport: Transport) -> None:
    with Peer(Deserter(end)) as peer:
        outcome = [move_one(transport, exchange(peer.url, "POST", BODY)) for _ in range(2)][1]
    assert "closed the kept connection without an answer: whether the request arrived is not known" in outcome.error


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_idempotent_request_without_body_may_be_repeated(method: str, transport: Transport) -> None:
    # RFC 9110, section 9.2.2, allows it, and docs/guarantees.md says so.
    with Peer(Deserter(CLOSE)) as peer:
        outcomes = [move_one(transport, exchange(peer.url, method)) for _ in range(2)]
    assert [outcome.error_kind for outcome in outcomes] == [None, ErrorKind.RESET]
    assert len(peer.requests) == 3


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
@pytest.mark.parametrize("body", [BODY, LARGE, None], ids=["small", "large", "none"])
def test_connection_that_was_closed_while_idle_costs_no_failure(
    body: bytes | None, end: End, transport: Transport
) -> None:
    with Peer(OK, end) as peer:
        for number in (1, 2, 3):
            assert move_one(transport, exchange(peer.url, "POST", body)).status == 200
            peer.wait_until_closed(number)
    assert (len(peer.requests), peer.connections) == (3, 3)


def test_several_connections_that_were_closed_while_idle_cost_no_failure(transport: Transport) -> None:
    with Peer(OK, Pause(0.05), CLOSE) as peer:
        for number in (10, 20, 30):
            outcomes = move(transport, *(exchange(peer.url, "POST", BODY) for _ in range(10)))
            assert [outcome.status for outcome in outcomes] == [200] * 10
            peer.wait_until_closed(number)
    assert len(peer.requests) == 30


def test_connection_is_kept_for_bodies_of_any_size(transport: Transport) -> None:
    bodies = [BODY, LARGE, b"1", LARGE]
    with Peer(OK) as peer:
        for body in bodies:
            assert move_one(transport, exchange(peer.url, "POST", body)).status == 200
    assert peer.connections == 1
    assert [request.body for request in peer.requests] == bodies
    lengths = [{"host": f"127.0.0.1:{peer.port}", "content-length": str(len(body))} for body in bodies]
    assert [request.headers for request in peer.requests] == lengths


def test_request_without_body_leaves_its_connection_to_the_next(transport: Transport) -> None:
    with Peer(OK) as peer:
        for body in (None, BODY, BODY):
            assert move_one(transport, exchange(peer.url, "POST", body)).status == 200
    assert peer.connections == 1
