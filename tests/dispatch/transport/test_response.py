"""What is kept of a response: bounds that hold whatever a subscriber sends."""

import pytest

from dispatch.transport import Transport
from dispatch.transport.response import HEAD_BYTES, KEPT_BYTES, READ_BYTES, STOP, Response
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import Peer


def test_bounds_are_those_promised() -> None:
    assert (READ_BYTES, KEPT_BYTES) == (64 * 1024, 4 * 1024)


def test_reading_stops_behind_the_bound_and_not_before() -> None:
    response = Response()
    assert response.on_body(b"a" * (READ_BYTES - 1)) is None
    assert response.on_body(b"b") is None
    assert response.on_body(b"c") == STOP
    assert response.body == b"a" * KEPT_BYTES


def test_kept_body_is_put_together_from_pieces() -> None:
    response = Response()
    for piece in (b"a" * 4000, b"b" * 50, b"c" * 100, b"d"):
        response.on_body(piece)
    assert response.body == b"a" * 4000 + b"b" * 50 + b"c" * 46


def test_head_is_read_up_to_its_bound() -> None:
    response = Response()
    first = b"HTTP/1.1 200 OK\r\n"
    response.on_header(first)
    assert response.on_header(b"x" * (HEAD_BYTES - len(first))) is None
    assert not response.is_head_too_large
    assert response.on_header(b"\r\n") == STOP
    assert response.is_head_too_large
    assert response.status == 0


def test_trailer_is_no_header() -> None:
    response = Response()
    for line in (b"HTTP/1.1 200 OK\r\n", b"A: 1\r\n", b"\r\n", b"Trailer: 2\r\n"):
        response.on_header(line)
    assert response.headers == (("A", "1"),)


@pytest.mark.parametrize(
    ("head", "status", "headers"),
    [
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, (), id="no headers"),
        pytest.param(b"HTTP/1.0 500\r\nA: 1\r\nContent-Length: 0\r\n\r\n", 500, (("A", "1"),), id="no phrase"),
        pytest.param(b"HTTP/1.1 200 OK\nA: 1\nContent-Length: 0\n\n", 200, (("A", "1"),), id="bare line feeds"),
        pytest.param(
            b"HTTP/1.1 429 Slow\r\nRetry-After:  7 \r\nA: 1\r\na: 2\r\nContent-Length: 0\r\n\r\n",
            429,
            (("Retry-After", "7"), ("A", "1"), ("a", "2")),
            id="order, case and repetition",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nA: \xfc\x80\r\nContent-Length: 0\r\n\r\n", 200, (("A", "\xfc\x80"),), id="bytes"
        ),
        pytest.param(b"HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n", 299, (), id="unknown status"),
    ],
)
def test_head_is_kept(head: bytes, status: int, headers: tuple[tuple[str, str], ...], transport: Transport) -> None:
    with Peer(head) as peer:
        outcome = move_one(transport, exchange(peer.url))
    assert outcome.status == status
    assert tuple(pair for pair in outcome.headers if pair[0] != "Content-Length") == headers


def test_chunked_body_is_kept_without_its_chunks(transport: Transport) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"
    with Peer(chunks) as peer:
        outcomes = [move_one(transport, exchange(peer.url, body=b"{}")) for _ in range(2)]
    assert [outcome.body for outcome in outcomes] == [b"abcde"] * 2
    assert peer.connections == 1


def test_compressed_body_is_kept_as_it_came(transport: Transport) -> None:
    raw = b"\x1f\x8b not really compressed \x00\xff"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(raw)
    with Peer(head + raw) as peer:
        outcome = move_one(transport, exchange(peer.url))
    assert (outcome.status, outcome.body) == (200, raw)
