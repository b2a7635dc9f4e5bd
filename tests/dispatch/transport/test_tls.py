"""Certificates are verified, against the public authorities and one file besides."""

import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import AddressGuard, Transport
from dispatch.transport.certificates import combined
from tests.dispatch.transport.certificates import Authority
from tests.dispatch.transport.conftest import OpenTransport
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import CLOSE, NOTIFY, OK, Peer, RawRequest, Step


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.create()
    return made


@pytest.fixture(scope="module")
def trusted_server(authority: Authority) -> ssl.SSLContext:
    return authority.issue("DNS:good.example,IP:127.0.0.1")


@pytest.fixture
def peer(trusted_server: ssl.SSLContext) -> Iterator[Peer]:
    with Peer(OK, tls=trusted_server) as opened:
        yield opened


def loopback(host: str) -> tuple[str, ...]:
    return ("127.0.0.1",)


def test_unknown_authority_is_refused_by_default(peer: Peer, open_transport: OpenTransport) -> None:
    outcome = move_one(open_transport(), exchange(f"https://127.0.0.1:{peer.port}/"))
    assert outcome.error_kind == ErrorKind.TLS
    assert outcome.error.startswith(f"The certificate of 127.0.0.1:{peer.port} is not trusted:")
    assert peer.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "good.example"])
def test_authority_of_the_ca_file_is_trusted(
    host: str, peer: Peer, authority: Authority, open_transport: OpenTransport
) -> None:
    transport = open_transport(loopback, ca_file=authority.file)
    outcomes = [move_one(transport, exchange(f"https://{host}:{peer.port}/", body=b"{}")) for _ in range(2)]
    assert [outcome.status for outcome in outcomes] == [200, 200]
    assert peer.connections == 1
    assert peer.requests[0].headers["host"] == f"{host}:{peer.port}"
    assert outcomes[0].timing.tls_ms is not None


def test_secure_connection_that_was_closed_while_idle_costs_no_failure(
    trusted_server: ssl.SSLContext, authority: Authority, open_transport: OpenTransport
) -> None:
    transport = open_transport(ca_file=authority.file)
    with Peer(OK, CLOSE, tls=trusted_server) as peer:
        for number in (1, 2, 3):
            assert move_one(transport, exchange(f"https://127.0.0.1:{peer.port}/", body=b"{}")).status == 200
            peer.wait_until_closed(number)
    assert (len(peer.requests), peer.connections) == (3, 3)


def test_certificate_of_another_host_is_refused(
    peer: Peer, authority: Authority, open_transport: OpenTransport
) -> None:
    transport = open_transport(loopback, ca_file=authority.file)
    outcome = move_one(transport, exchange(f"https://other.example:{peer.port}/"))
    assert outcome.error_kind == ErrorKind.TLS
    assert "other.example" in outcome.error
    assert peer.requests == []


def test_kept_connection_of_one_host_is_not_used_for_another_name(
    peer: Peer, authority: Authority, open_transport: OpenTransport
) -> None:
    transport = open_transport(loopback, ca_file=authority.file)
    urls = [f"https://{host}:{peer.port}/" for host in ("good.example", "other.example")]
    outcomes = [move_one(transport, exchange(url)) for url in urls]
    assert [outcome.error_kind for outcome in outcomes] == [None, ErrorKind.TLS]


def test_one_of_several_addresses_is_verified_by_the_name_as_well(
    peer: Peer, authority: Authority, open_transport: OpenTransport
) -> None:
    transport = open_transport(lambda host: ("127.0.0.1", "127.0.0.9"), ca_file=authority.file)
    urls = [f"https://{host}:{peer.port}/" for host in ("good.example", "other.example")]
    outcomes = [move_one(transport, exchange(url)) for url in urls]
    assert [outcome.error_kind for outcome in outcomes] == [None, ErrorKind.TLS]


def test_expired_certificate_is_refused(authority: Authority, open_transport: OpenTransport) -> None:
    with Peer(OK, tls=authority.issue("IP:127.0.0.1", days=-1)) as expired:
        transport = open_transport(ca_file=authority.file)
        outcome = move_one(transport, exchange(f"https://127.0.0.1:{expired.port}/"))
    assert outcome.error_kind == ErrorKind.TLS
    assert "expired" in outcome.error


def test_public_authorities_stay_trusted_beside_the_ca_file(authority: Authority) -> None:
    with combined(authority.file) as file:
        together = ssl.create_default_context(cafile=file.name)
        alone = ssl.create_default_context(cafile=authority.file)
    assert together.cert_store_stats()["x509_ca"] > alone.cert_store_stats()["x509_ca"] == 1


def test_ca_file_of_the_transport_is_gone_when_it_is_closed(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    transport = Transport(AddressGuard(), ca_file=authority.file)
    assert len(list(tmp_path.iterdir())) == 1
    transport.close()
    assert list(tmp_path.iterdir()) == []


def test_ca_file_that_cannot_be_read_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"absent\.pem"):
        Transport(AddressGuard(), ca_file=str(tmp_path / "absent.pem"))


def test_connection_over_which_tls_was_ended_while_idle_costs_no_failure(
    trusted_server: ssl.SSLContext, authority: Authority, open_transport: OpenTransport
) -> None:
    is_idle = threading.Semaphore(0)

    def answer(request: RawRequest) -> Iterator[Step]:
        yield OK
        is_idle.acquire(timeout=5)
        yield NOTIFY

    transport = open_transport(ca_file=authority.file)
    with Peer(answer, tls=trusted_server) as peer:
        for number in (1, 2, 3):
            assert move_one(transport, exchange(f"https://127.0.0.1:{peer.port}/", body=b"{}")).status == 200
            is_idle.release()
            peer.wait_until_closed(number)
    assert (len(peer.requests), peer.connections) == (3, 3)


def test_connection_with_tls_is_kept(peer: Peer, authority: Authority, open_transport: OpenTransport) -> None:
    transport = open_transport(ca_file=authority.file)
    for _ in range(5):
        assert move_one(transport, exchange(f"https://127.0.0.1:{peer.port}/", body=b"{}")).status == 200
    assert peer.connections == 1
