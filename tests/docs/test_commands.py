"""The commands of the README and of the pages that have no test of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.commands import blocks, page, run
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import wait_until
from tests.subscribers.originals import write_originals

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def start(hub: HubServer) -> None:
    """Web server and consumer, until both do their work."""
    hub.start_web()
    hub.start_consumer()
    wait_until(hub.is_ready, "The hub", hub.web, hub.log)


def test_the_five_minute_start_ends_with_an_event_that_arrives(hub: HubServer) -> None:
    start(hub)
    with Receiver() as receiver:
        told = run(hub, blocks(page("start.md")), {"http://127.0.0.1:9000": receiver.url})
        (request,) = receiver.wait_for(1)
    assert (request.method, request.path, request.json) == ("POST", "/orders", {"total": 120})
    subscribe = blocks(page("start.md"))[0]
    assert "Another subscriber has this name." in run(hub, [f"! {{ {subscribe.strip()} 2>&1; }}"])[0]
    assert '"matched":1' in told[1]
    assert '"matched":0' in told[2]
    assert "All is well." in told[3]


def test_what_the_readme_publishes_arrives(hub: HubServer) -> None:
    start(hub)
    with Receiver() as receiver:
        _, published = run(hub, blocks(page("../README.md")), {"http://127.0.0.1:9000": receiver.url})
        (request,) = receiver.wait_for(1)
    assert request.json == {"total": 120}
    assert '"matched":1' in published


def test_subscribers_go_to_a_file_and_come_back(hub: HubServer, tmp_path: Path) -> None:
    text = page("subscribers-in-git.md")
    export, apply = blocks(text)
    file = {"subscribers.yaml": str(tmp_path / "subscribers.yaml")}
    assert "0 subscribers are in" in run(hub, [export], file)[0]
    (tmp_path / "subscribers.yaml").write_text(blocks(text, "yaml")[0])
    told = run(hub, [apply], file)[0]
    assert "Would be 1 created" in told
    assert "Done: 1 created" in told
    assert "1 subscriber is in" in run(hub, [export], file)[0]


def test_the_move_takes_the_subscribers_over_and_finds_all_well(hub: HubServer, tmp_path: Path) -> None:
    database = write_originals(tmp_path / "old.db", ("orders", 'data["body"]["total"] > 100', "http://a:1234/", None))
    take_over, look = blocks(page("moving.md"))
    told = run(hub, [take_over], {"/path/to/the/original.db": str(database)})
    assert "1 of 1 subscribers were imported." in told[0]
    start(hub)
    assert "All is well." in run(hub, [look])[0]


def test_a_cloudevent_is_published_by_curl(hub: HubServer) -> None:
    hub.start_web()
    hub.manage("subscribe", "order.created", "http://a:1234/", "--filter", 'data["cloudevent"]["source"] == "/shop"')
    [publish] = blocks(page("formats.md"), "sh")
    assert '"matched":1' in run(hub, [publish], TOKEN=hub.token("shop"))[0]


def test_what_replay_and_retention_say_can_be_typed(hub: HubServer) -> None:
    hub.manage("publish", "order.created", "{}")
    told = run(hub, [*blocks(page("replay.md")), *blocks(page("retention.md"))])
    assert "Past events to look at: 1." in told[0]
    assert len(told[1].splitlines()) >= 3
