"""What libcurl would do by itself and must not: each trap that was met has its test, through the real loop."""

import pytest

from dispatch.transport import Timeouts, Transport
from tests.dispatch.transport.moving import exchange, move, move_one
from tests.dispatch.transport.peers import CLOSE, OK, RESET, End, Endless, Pause, Peer, RawRequest

HEAD_ONLY = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"


def answer_by_method(request: RawRequest) -> tuple[bytes, ...]:
    return (HEAD_ONLY,) if request.line.startswith(b"HEAD") else (OK,)


def test_reused_handle_carries_no_body_and_no_headers_over(transport: Transport) -> None:
    with Peer(OK) as peer:
        secret = [("X-Secret", "1"), ("Content-Type", "text/plain"), ("User-Agent", "first")]
        move_one(transport, exchange(f"{peer.url}/a", "POST", b"the first's body", secret))
        move_one(transport, exchange(f"{peer.url}/b", "GET"))
    assert peer.connections == 1
    assert peer.requests[1].line == b"GET /b HTTP/1.1"
    assert peer.requests[1].fields == [("host", f"127.0.0.1:{peer.port}")]
    assert peer.requests[1].body == b""


def test_post_after_head_sends_and_receives_bodies(transport: Transport) -> None:
    with Peer(answer_by_method) as peer:
        head = move_one(transport, exchange(peer.url, "HEAD"))
        post = move_one(transport, exchange(peer.url, "POST", b"{}"))
    assert (head.status, head.body) == (200, b"")
    assert (post.status, post.body) == (200, b"ok")
    assert peer.requests[1].body == b"{}"


def test_head_waits_for_no_body_and_sends_none(transport: Transport) -> None:
    with Peer(HEAD_ONLY) as peer:
        outcome = move_one(transport, exchange(peer.url, "HEAD", b"a body that HEAD never has"))
    assert outcome.status == 200
    assert outcome.error_kind is None
    assert "content-length" not in peer.requests[0].headers


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_proxy_of_the_environment_does_not_take_the_request(
    name: str, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with Peer(OK) as proxy, Peer(OK) as peer:
        monkeypatch.setenv(name, proxy.url)
        outcome = move_one(transport, exchange(f"{peer.url}/direct"))
    assert outcome.status == 200
    assert (proxy.connections, len(peer.requests)) == (0, 1)


def test_long_body_is_success_and_mostly_left_unread(transport: Transport) -> None:
    size = 64 * 1024 * 1024
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    with Peer(head, Endless(b"x" * 4096), CLOSE) as peer:
        outcome = move_one(transport, exchange(peer.url))
    assert outcome.status == 200
    assert outcome.error_kind is None
    assert outcome.body == b"x" * 4096
    assert peer.sent < size // 4  # what was not read fills the sockets' buffers, and no more


def test_body_of_one_mebibyte_is_success_and_the_next_request_too(transport: Transport) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + b"y" * 1_048_576
    with Peer(long) as peer:
        outcomes = [move_one(transport, exchange(peer.url)) for _ in range(2)]
    assert [(outcome.status, outcome.body) for outcome in outcomes] == [(200, b"y" * 4096)] * 2


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_method_with_body_says_that_it_has_none(method: str, transport: Transport) -> None:
    with Peer(OK) as peer:
        move_one(transport, exchange(peer.url, method))
    assert peer.requests[0].headers["content-length"] == "0"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_method_without_body_has_no_length(method: str, transport: Transport) -> None:
    with Peer(OK) as peer:
        move_one(transport, exchange(peer.url, method))
    assert peer.requests[0].line.startswith(method.encode())
    assert "content-length" not in peer.requests[0].headers


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
def test_body_that_is_given_is_sent_with_the_method_that_is_named(method: str, transport: Transport) -> None:
    with Peer(OK) as peer:
        move_one(transport, exchange(peer.url, method, b"[1]"))
    assert peer.requests[0].line == f"{method} / HTTP/1.1".encode()
    assert peer.requests[0].body == b"[1]"


@pytest.mark.parametrize("path", ["/a/../b", "/a/./b", "/..%2F/b", "/a//b", "/a/.."])
def test_path_is_sent_as_it_stands(path: str, transport: Transport) -> None:
    with Peer(OK) as peer:
        move_one(transport, exchange(peer.url + path, "GET"))
    assert peer.requests[0].line == f"GET {path} HTTP/1.1".encode()


def test_large_body_is_sent_without_asking_first(transport: Transport) -> None:
    body = b"z" * 2_000_000  # libcurl would say "Expect: 100-continue" from 1 MiB on, and wait a second
    with Peer(OK) as peer:
        outcome = move_one(transport, exchange(peer.url, "POST", body, [("Expect", "100-continue")]))
    assert outcome.status == 200
    assert "expect" not in peer.requests[0].headers
    assert peer.requests[0].body == body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(status: int, transport: Transport) -> None:
    with Peer(OK) as elsewhere:
        answer = f"HTTP/1.1 {status} Away\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode()
        with Peer(answer) as peer:
            outcome = move_one(transport, exchange(peer.url))
    assert outcome.status == status
    assert (len(peer.requests), elsewhere.connections) == (1, 0)


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
def test_complete_head_is_success_though_the_body_breaks(end: End, transport: Transport) -> None:
    with Peer(HEAD_ONLY, b"half", Pause(0.05), end) as peer:
        outcome = move_one(transport, exchange(peer.url))
    assert (outcome.status, outcome.error_kind, outcome.body) == (200, None, b"half")


@pytest.mark.parametrize(
    "timeouts", [Timeouts(idle_seconds=0.2), Timeouts(total_seconds=0.2)], ids=["idle", "whole exchange"]
)
def test_complete_head_is_success_though_the_body_never_ends(timeouts: Timeouts, transport: Transport) -> None:
    with Peer(HEAD_ONLY, b"half", Pause(10)) as peer:
        outcome = move_one(transport, exchange(peer.url, timeouts=timeouts))
    assert (outcome.status, outcome.error_kind, outcome.body) == (200, None, b"half")


def test_interim_heads_are_no_answer(transport: Transport) -> None:
    with Peer(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK) as peer:
        outcome = move_one(transport, exchange(peer.url))
    assert (outcome.status, outcome.headers) == (200, (("Content-Length", "2"),))


def test_handles_mixed_in_flight_keep_apart(transport: Transport) -> None:
    def echo(request: RawRequest) -> tuple[bytes, ...]:
        return (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body) + request.body,)

    with Peer(echo) as peer:
        bodies = [b"number %d" % number for number in range(50)]
        outcomes = move(transport, *(exchange(peer.url, "POST", body) for body in bodies))
    assert [outcome.body for outcome in outcomes] == bodies
