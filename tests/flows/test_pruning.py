"""Pruning on a real hub: it is killed in the middle while events are published and delivered, and nobody is harmed."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.flows.ledger import Ledger
from tests.flows.publisher import publish, publish_all
from tests.flows.receiver import Receiver
from tests.servers.hub import PROJECT, HubServer

pytestmark = pytest.mark.timeout(120)

OLD, NEW = 600, 100
WAIT_SECONDS = 30.0
#: What an outcome of a crash must not be: a row without the row that it belongs to.
ORPHANS = (
    "SELECT count(*) AS count FROM attempt WHERE delivery_id NOT IN (SELECT id FROM delivery)",
    "SELECT count(*) AS count FROM delivery WHERE event_id NOT IN (SELECT id FROM event)",
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def hub(receiver: Receiver) -> Iterator[HubServer]:
    with HubServer() as running:
        running.manage("subscribe", "orders", receiver.url)
        running.start_web()
        yield running


def count(ledger: Ledger, statement: str) -> int:
    return int(ledger.run(statement)[0]["count"])


def make_old(ledger: Ledger) -> None:
    """All that is there becomes what was published, and delivered, years ago: times, and ids that tell them."""
    ledger.run("UPDATE event SET id = '016' || substr(id, 4), received_at = '2020-01-01 00:00:00'")
    ledger.run(
        "UPDATE delivery SET id = '016' || substr(id, 4), event_id = '016' || substr(event_id, 4), "
        "settled_at = '2020-01-02 00:00:00'"
    )
    ledger.run("UPDATE attempt SET delivery_id = '016' || substr(delivery_id, 4)")


def wait_for_count(ledger: Ledger, statement: str, wanted: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := count(ledger, statement)) != wanted:
        assert time.monotonic() < deadline, f"{found}, not {wanted}: {statement}"
        time.sleep(0.05)


def test_killed_in_the_middle_it_leaves_the_ledger_whole_and_a_consumer_goes_on(
    hub: HubServer, receiver: Receiver
) -> None:
    ledger = Ledger(hub)
    events = [{"topic": "orders", "data": {"body": number}} for number in range(OLD)]
    assert publish(hub, events)[0] == 202
    hub.start_consumer(2)
    receiver.wait_for(OLD)
    wait_for_count(ledger, "SELECT count(*) AS count FROM delivery WHERE state = 'delivered'", OLD)
    hub.stop_consumers()
    make_old(ledger)
    # The turn to prune is another's, so that this consumer only delivers; the command takes it over.
    ledger.run(
        "INSERT OR REPLACE INTO lease (name, owner, until) VALUES ('pruner', ?, '2099-01-01 00:00:00')", "0" * 32
    )
    hub.start_consumer()
    pruning = subprocess.Popen(
        [sys.executable, str(PROJECT / "manage.py"), "prune", "--batch", "6"], env=hub.env, stdout=subprocess.DEVNULL
    )
    fresh = [{"topic": "orders", "data": {"body": number}} for number in range(OLD, OLD + NEW)]
    assert publish_all(hub, fresh, clients=4) == {202: NEW}
    deadline = time.monotonic() + WAIT_SECONDS
    while count(ledger, "SELECT count(*) AS count FROM delivery WHERE id < '017'") > OLD - 20:
        assert time.monotonic() < deadline
    pruning.kill()
    pruning.wait()
    assert 0 < count(ledger, "SELECT count(*) AS count FROM delivery WHERE id < '017'") < OLD, "it was in the middle"
    assert [count(ledger, statement) for statement in ORPHANS] == [0, 0]
    hub.stop_consumers()
    ledger.run("DELETE FROM lease")  # as a minute does
    hub.start_consumer()
    wait_for_count(ledger, "SELECT count(*) AS count FROM event WHERE id < '017'", 0)
    assert [count(ledger, statement) for statement in ORPHANS] == [0, 0]
    receiver.wait_for(OLD + NEW)
    wait_for_count(ledger, "SELECT count(*) AS count FROM delivery WHERE state = 'delivered'", NEW)
    assert count(ledger, "SELECT count(*) AS count FROM event") == NEW
    assert count(ledger, "SELECT count(*) AS count FROM attempt") == NEW
