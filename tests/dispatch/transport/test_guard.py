"""The loop asks the guard both after resolving and when a socket opens."""

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import AddressGuard
from tests.dispatch.transport.conftest import OpenTransport
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import OK, Peer


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "inside.example"])
def test_refused_address_gets_no_connection(host: str, open_transport: OpenTransport) -> None:
    transport = open_transport(lambda name: ("127.0.0.1",), AddressGuard(allows_private=False))
    with Peer(OK) as peer:
        outcome = move_one(transport, exchange(f"http://{host}:{peer.port}/"))
    assert outcome.error_kind == ErrorKind.FORBIDDEN_ADDRESS
    assert f"{host}:{peer.port} is not called" in outcome.error
    assert peer.connections == 0


def test_name_with_one_good_address_is_called_there_only(open_transport: OpenTransport) -> None:
    transport = open_transport(lambda name: ("169.254.169.254", "127.0.0.1"))
    with Peer(OK) as peer:
        outcome = move_one(transport, exchange(f"http://mixed.example:{peer.port}/"))
    assert outcome.status == 200


class ChangesItsMind(AddressGuard):
    """Allows an address once, then refuses it."""

    def check(self, address: str) -> str | None:
        self.asked = getattr(self, "asked", 0) + 1
        return None if self.asked == 1 else f"{address}, refused the second time"


def test_address_is_judged_again_when_the_socket_opens(open_transport: OpenTransport) -> None:
    transport = open_transport(guard=ChangesItsMind())
    with Peer(OK) as peer:
        outcome = move_one(transport, exchange(peer.url))
    assert outcome.error_kind == ErrorKind.FORBIDDEN_ADDRESS
    assert "refused the second time" in outcome.error
    assert peer.connections == 0


def test_refused_name_does_not_ride_on_a_kept_connection(open_transport: OpenTransport) -> None:
    answers = {"a.example": ("127.0.0.1",), "b.example": ("169.254.169.254",)}
    transport = open_transport(answers.__getitem__)
    with Peer(OK) as peer:
        urls = [f"http://{name}:{peer.port}/" for name in ("a.example", "b.example", "a.example")]
        outcomes = [move_one(transport, exchange(url, body=b"{}")) for url in urls]
    assert [outcome.error_kind for outcome in outcomes] == [None, ErrorKind.FORBIDDEN_ADDRESS, None]
    assert peer.connections == 1
