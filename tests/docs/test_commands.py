"""The commands of the pages that have no test of their own."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.docs.commands import blocks, page, run, running
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import free_port, wait_until
from tests.subscribers.originals import write_originals

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


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
    take_over, serve, consume, look, _ = blocks(page("moving.md"))
    told = run(hub, [take_over], {"/path/to/the/original.db": str(database)})
    assert "1 of 1 subscribers were imported." in told[0]
    with running(hub, serve) as web, running(hub, consume) as consumer:
        wait_until(hub.is_ready, "The web server", web.process, web.log)
        wait_until(hub.has_consumer, "The consumer", consumer.process, consumer.log)
        assert "All is well." in run(hub, [look])[0]


def test_on_the_way_back_the_consumer_sends_what_waits_and_asks_no_broker(hub: HubServer) -> None:
    *_, send_what_waits = blocks(page("moving.md"))
    with Receiver() as receiver:
        hub.manage("subscribe", "orders", receiver.url)
        hub.manage("publish", "orders", '{"body": {"total": 120}}')
        nowhere = f"tcp://127.0.0.1:{free_port()}"
        with running(hub, send_what_waits, FAKTORY_URL=nowhere) as consumer:
            (request,) = receiver.wait_for(1)
            assert "Faktory" not in consumer.told()
    assert request.json == {"total": 120}


def test_a_sample_alert_is_sent_to_the_webhook(hub: HubServer) -> None:
    try_them, *_ = blocks(page("operating.md"))
    with Receiver() as webhook:
        [told] = run(hub, [try_them], SWITCH_ALERT_WEBHOOK_URL=webhook.url)
        webhook.wait_for(1)
    assert "200" in told


def test_what_replay_and_retention_say_can_be_typed(hub: HubServer) -> None:
    hub.manage("publish", "order.created", "{}")
    told = run(hub, [*blocks(page("replay.md")), *blocks(page("retention.md"))])
    assert "Past events to look at: 1." in told[0]
    assert len(told[1].splitlines()) >= 3


@pytest.mark.postgres
def test_large_tables_are_vacuumed_sooner(postgres_server: PostgresServer) -> None:
    [sooner] = blocks(page("retention.md"), "sql")
    url = postgres_server.create_database("vacuumed_sooner")
    with HubServer({"DATABASE_URL": url}), psycopg.connect(url) as connection:
        connection.execute(sooner)
        changed = "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r'"
        assert dict(connection.execute(changed).fetchall()) == {
            table: ["autovacuum_vacuum_scale_factor=0.02"] for table in ("event", "delivery", "attempt")
        }
