"""The JavaScript client of the original, which no registry serves: a script sends exactly what it sent."""

from collections.abc import Iterator

import pytest

from tests.flows.receiver import Receiver
from tests.interop.old_clients import Done, publish_by_javascript
from tests.servers.hub import HubServer

OPTIONS = {"body": {"total": 120}, "headers": {"X-Id": "7"}, "http_method": "put"}

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.start_web()
        yield server


def publish(hub: HubServer, transfer: str, secret: str | None = None) -> Done:
    return publish_by_javascript(hub.url, secret or hub.env["SWITCH_JWT_SECRET"], "orders", OPTIONS, transfer)


@pytest.mark.parametrize("transfer", ["length", "chunked"])
def test_what_the_javascript_client_publishes_arrives(hub: HubServer, transfer: str) -> None:
    with Receiver() as receiver:
        hub.manage("subscribe", "orders", receiver.url, "--filter", 'data["body"]["total"] > 100')
        hub.start_consumer()
        done = publish(hub, transfer)
        assert (done.returncode, done.stdout.strip()) == (0, "202"), done.stderr
        (request,) = receiver.wait_for(1)
        assert hub.stop_consumers() == [0]
    assert (request.method, request.json) == ("PUT", {"total": 120})
    assert (request.headers["x-id"], request.headers["switch-author"]) == ("7", "shop")


def test_javascript_client_rejects_what_the_hub_refuses(hub: HubServer) -> None:
    done = publish(hub, "length", secret="a secret that this hub has never heard of before")
    assert (done.returncode, done.stdout.strip()) == (1, "401")
