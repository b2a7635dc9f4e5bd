"""The loop connects to the addresses it was given, whatever libcurl would have made of the name."""

import pytest

from dispatch.transport import resolver
from tests.dispatch.transport.conftest import OpenTransport
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import OK, Peer


def test_name_leads_to_the_address_resolved(open_transport: OpenTransport) -> None:
    with Peer(OK) as peer:
        transport = open_transport(lambda host: ("127.0.0.1",))
        outcome = move_one(transport, exchange(f"http://nowhere.invalid:{peer.port}/a?b=c"))
    assert outcome.status == 200
    assert peer.requests[0].line == b"POST /a?b=c HTTP/1.1"
    assert peer.requests[0].headers["host"] == f"nowhere.invalid:{peer.port}"


@pytest.mark.parametrize("others", [(), ("127.0.0.9",)], ids=["one address", "several"])
def test_connection_to_where_a_host_was_is_not_used_again(
    others: tuple[str, ...], open_transport: OpenTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "KEEP_SECONDS", 0.0)
    place = ["127.0.0.1"]
    transport = open_transport(lambda host: (*place, *others))
    with Peer(OK) as old, Peer(OK, place=("127.0.0.2", old.port)) as new:
        url = f"http://moves.example:{old.port}/"
        for address in ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"):
            place[:] = [address]
            assert move_one(transport, exchange(url, body=b"{}")).status == 200
    assert (len(old.requests), len(new.requests)) == (2, 2)
    assert (old.connections, new.connections) == (1, 1)


def test_two_names_at_several_addresses_keep_apart(open_transport: OpenTransport) -> None:
    places = {"a.example": ("127.0.0.1", "127.0.0.9"), "b.example": ("127.0.0.2", "127.0.0.9")}
    transport = open_transport(places.__getitem__)
    with Peer(OK) as first, Peer(OK, place=("127.0.0.2", first.port)) as second:
        for name in ("a.example", "b.example", "a.example"):
            assert move_one(transport, exchange(f"http://{name}:{first.port}/")).status == 200
    assert [request.headers["host"] for request in first.requests] == [f"a.example:{first.port}"] * 2
    assert [request.headers["host"] for request in second.requests] == [f"b.example:{first.port}"]


def test_ipv6_address_is_called(open_transport: OpenTransport) -> None:
    with Peer(OK, place=("::1", 0)) as peer:
        transport = open_transport(lambda host: ("::1",))
        outcomes = [move_one(transport, exchange(f"http://{host}:{peer.port}/")) for host in ("[::1]", "six.example")]
    assert [outcome.status for outcome in outcomes] == [200, 200]
