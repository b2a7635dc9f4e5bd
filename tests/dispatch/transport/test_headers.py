"""The header lines as libcurl is given them, and as they arrive."""

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import Transport
from dispatch.transport.headers import header_lines
from dispatch.transport.target import UnsendableError
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import OK, Peer


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([("X-A", "1"), ("X-B", "2")], id="in their order"),
        pytest.param([("X-A", "1"), ("X-A", "2")], id="one name twice"),
        pytest.param([("X-Empty", "")], id="without a value"),
        pytest.param(
            [("Accept", "text/plain"), ("User-Agent", "Switch/1"), ("Content-Type", "a/b")], id="libcurl's own"
        ),
        pytest.param([("X-A", 'a: b; c=d, "e"')], id="punctuation"),
        pytest.param([("!#$%&'*+-.^_`|~", "odd")], id="every character of a token"),
        pytest.param([("X-Long", "v" * 8_000)], id="long"),
        pytest.param([("Cookie", "a=b"), ("Authorization", "Bearer x")], id="secrets"),
        pytest.param([("X-Tab", "a\tb")], id="tab within"),
    ],
)
def test_headers_arrive_as_given_and_no_others(headers: list[tuple[str, str]], transport: Transport) -> None:
    with Peer(OK) as peer:
        outcome = move_one(transport, exchange(peer.url, "GET", headers=headers))
    assert outcome.status == 200
    arrived = [(name, value) for name, value in peer.requests[0].fields if name != "host"]
    assert arrived == [(name.lower(), value) for name, value in headers]


@pytest.mark.parametrize("name", ["Host", "HOST", "Content-Length", "Transfer-Encoding", "Expect"])
def test_header_of_the_transports_own_is_not_taken(name: str, transport: Transport) -> None:
    with Peer(OK) as peer:
        outcome = move_one(transport, exchange(peer.url, "POST", b"body", [(name, "1")]))
    assert outcome.status == 200
    assert peer.requests[0].headers == {"host": f"127.0.0.1:{peer.port}", "content-length": "4"}
    assert peer.requests[0].body == b"body"


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        pytest.param("caf\xe9", b"X-A: caf\xe9", id="Latin-1"),
        pytest.param("snow \u2603", "X-A: snow \u2603".encode(), id="UTF-8 where Latin-1 cannot"),
        pytest.param("  spaces \t", b"X-A: spaces", id="space around"),
    ],
)
def test_value_is_encoded(value: str, arrives: bytes, transport: Transport) -> None:
    with Peer(OK) as peer:
        move_one(transport, exchange(peer.url, "GET", headers=[("X-A", value)]))
    assert arrives in peer.requests[0].head.split(b"\r\n")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("X-A", "1\r\nX-Injected: 2", "line break"),
        ("X-A", "1\n2", "line break"),
        ("X-A", "1\r2", "line break"),
        ("X-A", "1\x002", "NUL"),
        ("X-A", "\ud800", "half a character"),
        ("X A", "1", "name of a header"),
        ("X-A:", "1", "name of a header"),
        ("", "1", "name of a header"),
        ("X-A\r\nX-B", "1", "name of a header"),
        ("X-Ä", "1", "name of a header"),
        ("X-A\n", "1", "name of a header"),
    ],
)
def test_header_that_cannot_be_sent_is_refused(name: str, value: str, words: str, transport: Transport) -> None:
    with pytest.raises(UnsendableError, match=words):
        header_lines([(name, value)])
    with Peer(OK) as peer:
        outcome = move_one(transport, exchange(peer.url, headers=[(name, value)]))
    assert outcome.error_kind == ErrorKind.BAD_REQUEST
    assert peer.connections == 0
