"""An address in disguise is judged like the address itself, with the system's own look-up and a real peer."""

import socket
from contextlib import closing

import pytest
from requests import PreparedRequest

from dispatch.outcomes import ErrorKind, Outcome
from dispatch.transport import AddressGuard, Resolver, Transport
from subscribers.ports import PortPolicy, read_ports
from tests.dispatch.transport.conftest import OpenTransport
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import OK, Peer

#: All are 127.0.0.1 to the system's look-up, or to what `requests` makes of them.
LOOPBACK = [
    *("127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001"),
    *("127.1", "127.0.1", "017700000001", "0x7f.0x0.0x0.0x1", "00000177.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0000::FFFF:127.0.0.1]"),
]
#: Refused whatever the settings say.
NEVER = [
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0xa9.254.169.254", "169.254.43518"),
    *("[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"),
    *("0.0.0.0", "0", "00", "0x0", "[::]", "[::ffff:0.0.0.0]", "0.1"),  # noqa: S104 - nothing is bound to it
    *("[fe80::1]", "[fec0::1%25eth0]", "[fe80::1%eth0]", "[fd00:ec2::254]", "255.255.255.255", "4294967295"),
]
#: Digits, letters and dots that IDNA (UTS 46) would turn into ASCII ones.
LOOKALIKES = [
    *("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "127\uff0e0\uff610.1", "\u2460\u2461\u2466.0.0.1"),
    *("169\u3002254\u3002169\u3002254", "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3", "\uff4cocalhost"),
    *("127.0.0.1.", "169.254.169.254.", "0x7f000001."),
]


def called(transport: Transport, host: str, port: int) -> Outcome:
    """As a delivery does it: `requests` prepares the URL, the transport calls it."""
    prepared = PreparedRequest()
    try:
        prepared.prepare_url(f"http://{host}:{port}/", {})
    except ValueError as error:  # requests refuses the host by itself, and the delivery is dead
        return Outcome(error_kind=ErrorKind.BAD_REQUEST, error=str(error))
    return move_one(transport, exchange(prepared.url or ""))


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_in_any_spelling_is_refused_where_only_public_addresses_are_called(
    host: str, open_transport: OpenTransport
) -> None:
    transport = open_transport(guard=AddressGuard(allows_private=False))
    with Peer(OK) as peer:
        outcome = called(transport, host, peer.port)
    assert outcome.error_kind == ErrorKind.FORBIDDEN_ADDRESS, outcome
    assert "loopback" in outcome.error
    assert peer.connections == 0


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "[::ffff:7f00:1]"])
def test_loopback_in_any_spelling_is_called_where_private_addresses_are(host: str, transport: Transport) -> None:
    """So the refusals above are the guard's, not a name's that is not known."""
    with Peer(OK) as peer:
        assert called(transport, host, peer.port).status == 200


@pytest.mark.parametrize("allows_private", [True, False], ids=["private", "public"])
@pytest.mark.parametrize("host", NEVER)
def test_what_is_never_called_is_refused_in_any_spelling(
    host: str, allows_private: bool, open_transport: OpenTransport
) -> None:
    guard = AddressGuard(allows_private=allows_private, allow=["0.0.0.0/0", "::/0"])
    with Peer(OK) as peer:
        outcome = called(open_transport(guard=guard), host, peer.port)
    assert outcome.error_kind in (ErrorKind.FORBIDDEN_ADDRESS, ErrorKind.BAD_REQUEST), outcome
    assert peer.connections == 0


@pytest.mark.parametrize("host", LOOKALIKES, ids=ascii)
def test_what_only_looks_like_an_address_leads_nowhere(host: str, open_transport: OpenTransport) -> None:
    def lookup(name: str) -> tuple[str, ...]:
        raise OSError(f"{name} is asked of DNS, as a name")

    with Peer(OK) as peer:
        outcome = called(open_transport(lookup, AddressGuard(allows_private=False)), host, peer.port)
    assert outcome.error_kind in (ErrorKind.BAD_REQUEST, ErrorKind.DNS), outcome
    assert peer.connections == 0


@pytest.mark.parametrize("allows_private", [True, False], ids=["private", "public"])
def test_name_that_leads_elsewhere_at_the_second_attempt_is_judged_anew(
    allows_private: bool, open_transport: OpenTransport
) -> None:
    """DNS rebinding: the first answer is good, the second is not, and the kept connection does not help."""
    answers = iter([("127.0.0.1",), ("169.254.169.254",), ("127.0.0.1",)])
    now = [0.0]
    guard = AddressGuard(allows_private=allows_private, allow=["127.0.0.1"])
    outcomes = []
    resolver = Resolver(lambda host: next(answers), clock=lambda: now[0])
    with closing(resolver), Peer(OK) as peer, closing(Transport(guard, resolver)) as transport:
        for _ in range(3):
            outcomes.append(move_one(transport, exchange(f"http://rebinding.example:{peer.port}/")))
            now[0] += 60
    assert [outcome.status for outcome in outcomes] == [200, None, 200]
    assert outcomes[1].error_kind == ErrorKind.FORBIDDEN_ADDRESS
    assert len(peer.requests) == 2


def test_name_that_resolves_to_forbidden_addresses_only_is_refused(open_transport: OpenTransport) -> None:
    addresses = ("10.0.0.1", "::ffff:127.0.0.1", "fd00::1", "169.254.0.1")
    transport = open_transport(lambda host: addresses, AddressGuard(allows_private=False))
    outcome = move_one(transport, exchange("http://inside.example/"))
    assert outcome.error_kind == ErrorKind.FORBIDDEN_ADDRESS
    assert "inside.example:80 is not called: it is at 10.0.0.1, a private address" in outcome.error


@pytest.mark.parametrize("port", [25, 6379, 5432])
@pytest.mark.parametrize("allows_private", [True, False], ids=["private", "public"])
def test_port_of_another_service_gets_no_connection(
    port: int, allows_private: bool, monkeypatch: pytest.MonkeyPatch, open_transport: OpenTransport
) -> None:
    def refuse(*arguments: object) -> socket.socket:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("dispatch.transport.transfer._GivenSocket", refuse)
    transport = open_transport(guard=AddressGuard(allows_private=allows_private))
    outcome = move_one(transport, exchange(f"http://127.0.0.1:{port}/"))
    assert outcome.error_kind == ErrorKind.FORBIDDEN_ADDRESS
    assert f"127.0.0.1:{port} is not called. Port {port} is one" in outcome.error


def test_port_of_another_service_is_called_where_it_is_allowed() -> None:
    with closing(Transport(AddressGuard(), ports=PortPolicy(read_ports(["1"])))) as transport:
        assert move_one(transport, exchange("http://127.0.0.1:1/")).error_kind == ErrorKind.CONNECT
