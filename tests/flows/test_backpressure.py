"""A real hub that is full refuses publishes, says why, and takes them again by itself."""

import http.client
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest

from tests.flows.layouts import environment
from tests.flows.ledger import Ledger
from tests.flows.publisher import publish_raw
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import wait_until

pytestmark = pytest.mark.timeout(120)

EVENT = {"topic": "orders", "data": {"body": {"padding": "x" * 20_000}}}
WAIT_SECONDS = 20.0


@contextmanager
def running_hub(**env: object) -> Iterator[HubServer]:
    with HubServer({name: str(value) for name, value in env.items()}) as hub:
        hub.start_web()
        yield hub


def publish_until(hub: HubServer, status: int) -> tuple[Any, Any]:
    """Publishes until that is the answer; returns its headers and body."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found, headers, answer = publish_raw(hub, EVENT)
        if found == status:
            return headers, answer
        assert time.monotonic() < deadline, (found, answer)
        time.sleep(0.05)


def assert_refused(headers: Any, answer: Any, setting: str) -> None:
    assert (headers["Content-Type"], answer["status"], answer["limit"]) == ("application/problem+json", 503, setting)
    assert int(headers["Retry-After"]) > 0
    assert "Nothing was stored" in answer["detail"]


@pytest.mark.parametrize("layout", ["sqlite-embedded", "postgres-faktory"])
def test_a_backlog_at_its_limit_refuses_publishes_until_it_is_sent(layout: str, request: pytest.FixtureRequest) -> None:
    env = environment(layout, request, "backlog") | {"SWITCH_MAX_WAITING_DELIVERIES": "5"}
    with Receiver() as receiver, running_hub(**env) as hub:
        hub.manage("subscribe", "orders", receiver.url)
        assert publish_raw(hub, EVENT)[0] == 202
        assert_refused(*publish_until(hub, 503), "SWITCH_MAX_WAITING_DELIVERIES")
        consumer = hub.start_consumer()
        wait_until(lambda: " delivers." in hub.log.read_text(), "The consumer", consumer, hub.log)
        assert publish_until(hub, 202)[1]["matched"] == 1
        receiver.wait_for(6)


def test_a_database_at_its_limit_takes_publishes_again_once_it_is_pruned() -> None:
    with running_hub(SWITCH_MAX_DATABASE_BYTES=2_000_000) as hub:
        headers, answer = publish_until(hub, 503)
        assert_refused(headers, answer, "SWITCH_MAX_DATABASE_BYTES")
        stored = Ledger(hub)
        count = stored.run("SELECT count(*) AS count FROM event")[0]["count"]
        assert publish_raw(hub, EVENT)[0] == 503
        assert stored.run("SELECT count(*) AS count FROM event")[0]["count"] == count
        # As if they had been published long ago.
        stored.run("UPDATE event SET received_at = '2020-01-01 00:00:00', id = '016' || substr(id, 4)")
        assert hub.manage("prune").stdout == f"Removed: events {count}.\n"
        publish_until(hub, 202)


def test_a_disk_that_is_nearly_full_refuses_publishes_until_there_is_room() -> None:
    with ExitStack() as stack:
        hub = stack.enter_context(HubServer())
        free = shutil.disk_usage(hub.directory).free
        part = min(512 << 20, free // 4)
        hub.env["SWITCH_MIN_FREE_DISK_BYTES"] = str(free - part)
        hub.start_web()
        assert publish_raw(hub, EVENT)[0] == 202
        filler = hub.directory / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 2 * part)
        assert_refused(*publish_until(hub, 503), "SWITCH_MIN_FREE_DISK_BYTES")
        filler.unlink()
        publish_until(hub, 202)


def test_the_first_publish_of_a_full_hub_is_refused_and_its_connection_lives_on() -> None:
    with running_hub(SWITCH_MIN_FREE_DISK_BYTES=1 << 62) as hub:
        body = json.dumps(EVENT | {"data": {"body": "x" * 500_000}})
        with closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=10)) as connection:
            for _ in range(3):
                connection.request("POST", "/publish", body, {"Authorization": f"Bearer {hub.token()}"})
                answer = connection.getresponse()
                assert (answer.status, json.loads(answer.read())["limit"]) == (503, "SWITCH_MIN_FREE_DISK_BYTES")
        assert "SWITCH_MIN_FREE_DISK_BYTES" in hub.obstacle()
        assert hub.answers("/admin/login/"), "the admin stays in reach"
