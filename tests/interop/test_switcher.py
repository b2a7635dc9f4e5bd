"""The original's Python client, as PyPI serves it, in an environment of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.commands import blocks, page
from tests.flows.receiver import Receiver
from tests.interop.old_clients import Done, install_switcher, publish_by_python, run_python
from tests.servers.hub import HubServer

OPTIONS = {
    "body": {"total": 120},
    "headers": {"X-Id": "7"},
    "query_params": {"page": "2"},
    "path_params": {"id": "5"},
    "http_method": "post",
}


@pytest.fixture(scope="session")
def switcher() -> Path:
    return install_switcher()


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.start_web()
        yield server


def publish(switcher: Path, hub: HubServer, secret: str | None = None) -> Done:
    return publish_by_python(switcher, hub.url, secret or hub.env["SWITCH_JWT_SECRET"], "orders", OPTIONS)


def test_what_the_python_client_publishes_arrives(switcher: Path, hub: HubServer) -> None:
    with Receiver() as receiver:
        hub.manage("subscribe", "orders", f"{receiver.url}/orders/:id", "--filter", 'data["http_method"] == "post"')
        hub.start_consumer()
        done = publish(switcher, hub)
        assert done.stdout.strip() == "True", done.stderr
        (request,) = receiver.wait_for(1)
        assert hub.stop_consumers() == [0]
    assert (request.method, request.path, request.json) == ("POST", "/orders/5?page=2", {"total": 120})
    assert (request.headers["x-id"], request.headers["switch-author"]) == ("7", "shop")


def test_the_lines_of_the_docs_publish(switcher: Path, hub: HubServer) -> None:
    [program] = blocks(page("moving.md"), "python")
    with Receiver() as receiver:
        hub.manage("subscribe", "order.created", receiver.url)
        hub.start_consumer()
        done = run_python(switcher, hub.url, hub.env["SWITCH_JWT_SECRET"], program)
        assert done.returncode == 0, done.stderr
        (request,) = receiver.wait_for(1)
        assert hub.stop_consumers() == [0]
    assert (request.json, request.headers["switch-author"]) == ({"total": 120}, "shop")


def test_python_client_raises_where_its_secret_is_wrong(switcher: Path, hub: HubServer) -> None:
    done = publish(switcher, hub, secret="a secret that this hub has never heard of before")
    assert done.returncode != 0
    assert "401 Client Error" in done.stderr
