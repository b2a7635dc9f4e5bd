"""The settings reach the transport: each is shown by what is called and what is not."""

from contextlib import closing
from pathlib import Path

import pytest
from django.test import override_settings

from dispatch.outbound import open_transport
from dispatch.outcomes import ErrorKind, Outcome
from tests.dispatch.transport.certificates import Authority
from tests.dispatch.transport.moving import exchange, move_one
from tests.dispatch.transport.peers import OK, Peer, RawRequest

FORBIDDEN = ErrorKind.FORBIDDEN_ADDRESS


def called(url: str, **settings: object) -> Outcome:
    with override_settings(**settings), closing(open_transport()) as transport:
        return move_one(transport, exchange(url))


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        pytest.param({}, None, id="private by default"),
        pytest.param({"SWITCH_DELIVERY_NETWORKS": "public"}, FORBIDDEN, id="public only"),
        pytest.param(
            {"SWITCH_DELIVERY_NETWORKS": "public", "SWITCH_DELIVERY_ALLOW": ["127.0.0.0/8"]}, None, id="allowed"
        ),
        pytest.param({"SWITCH_DELIVERY_DENY": ["127.0.0.1"]}, FORBIDDEN, id="denied"),
        pytest.param(
            {"SWITCH_DELIVERY_ALLOW": ["127.0.0.1"], "SWITCH_DELIVERY_DENY": ["127.0.0.0/8"]},
            FORBIDDEN,
            id="denied though allowed",
        ),
    ],
)
def test_networks_are_those_of_the_settings(settings: dict[str, object], kind: ErrorKind | None) -> None:
    with Peer(OK) as peer:
        outcome = called(peer.url, **settings)
    assert outcome.error_kind == kind
    assert len(peer.requests) == (kind is None)


def test_metadata_service_cannot_be_allowed() -> None:
    outcome = called("http://169.254.169.254/latest/meta-data/", SWITCH_DELIVERY_ALLOW=["0.0.0.0/0"])
    assert outcome.error_kind == FORBIDDEN


def test_ports_are_those_of_the_settings() -> None:
    assert called("http://127.0.0.1:1/").error_kind == FORBIDDEN
    assert called("http://127.0.0.1:1/", SWITCH_DELIVERY_PORTS=[range(1, 2)]).error_kind == ErrorKind.CONNECT


def test_ca_file_is_that_of_the_settings(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.create()
    with Peer(OK, tls=authority.issue("IP:127.0.0.1")) as peer:
        url = f"https://127.0.0.1:{peer.port}/"
        without, trusted = called(url), called(url, SWITCH_CA_FILE=authority.file)
    assert without.error_kind == ErrorKind.TLS
    assert trusted.status == 200


def test_proxy_is_that_of_the_settings() -> None:
    def as_proxy(request: RawRequest) -> tuple[bytes, ...]:
        return (b"HTTP/1.1 200 Connected\r\n\r\n",) if request.line.startswith(b"CONNECT") else (OK,)

    with Peer(as_proxy) as proxy:
        outcome = called("http://10.1.2.3:81/", SWITCH_DELIVERY_PROXY=proxy.url)
    assert outcome.status == 200
    assert proxy.requests[0].line == b"CONNECT 10.1.2.3:81 HTTP/1.1"
