"""Two nodes, as two machines would be: nothing that one needs is known to the other's processes alone."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.flows.layouts import environment
from tests.flows.nodes import Node, Operator
from tests.flows.publisher import publish, publish_all
from tests.flows.receiver import Answer, Receiver

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

#: What Faktory gave to a consumer that died comes again within 90 s.
WAIT_SECONDS = 100.0
CLIENTS = 4


@dataclass
class Cluster:
    """Two nodes on one Postgres, and what is asked of it; the receiver answers while `may_answer` is set."""

    nodes: list[Node]
    receiver: Receiver
    database: psycopg.Connection[dict[str, Any]]
    may_answer: threading.Event = field(default_factory=threading.Event)

    def ask(self, statement: str, *values: object) -> list[dict[str, Any]]:
        cursor = self.database.execute(statement, values)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []

    def consumer_of(self, node: Node) -> dict[str, Any]:
        """The node's consumer as it signed on; empty before."""
        found = self.ask("SELECT * FROM consumer WHERE process_id = %s", node.consumers[0].pid)
        return found[0] if found else {}

    def claims_of(self, consumer: dict[str, Any]) -> set[str]:
        found = self.ask("SELECT id FROM delivery WHERE state = 'claimed' AND owner = %s", consumer["id"])
        return {str(row["id"]) for row in found}

    def unsettled(self) -> int:
        return int(self.ask("SELECT count(*) FROM delivery WHERE settled_at IS NULL")[0]["count"])


def wait_until(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.1)


@pytest.fixture(scope="module", params=["postgres-embedded", "postgres-faktory"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    env = environment(request.param, request, f"nodes_{request.param.replace('-', '_')}")
    with ExitStack() as stack:
        receiver = Receiver()
        nodes = [stack.enter_context(Node(env)) for _ in range(2)]
        database = psycopg.connect(env["DATABASE_URL"], autocommit=True, row_factory=dict_row)
        made = Cluster(nodes, receiver, stack.enter_context(database))
        made.may_answer.set()
        receiver.answer = lambda received: _answered(made)
        stack.enter_context(receiver)
        nodes[0].make_operator()
        for node in nodes:
            node.start_web()
        yield made


def _answered(cluster: Cluster) -> Answer:
    cluster.may_answer.wait(WAIT_SECONDS)
    return Answer()


@pytest.fixture
def _consumers(cluster: Cluster) -> Iterator[None]:
    """One on each node."""
    cluster.receiver.requests.clear()
    cluster.ask("UPDATE delivery SET state = 'cancelled', settled_at = now() WHERE settled_at IS NULL")
    for node in cluster.nodes:
        node.start_consumer()
    wait_until(lambda: all(map(cluster.consumer_of, cluster.nodes)), "the consumers' signs of life")
    yield
    cluster.may_answer.set()
    for node in cluster.nodes:
        node.stop_consumers()


@pytest.mark.usefixtures("_consumers")
def test_what_either_publishes_is_delivered_once_by_both(cluster: Cluster) -> None:
    cluster.nodes[0].manage("subscribe", "shared", cluster.receiver.url)
    published = 0

    def have_both_delivered() -> bool:
        """Publishes through both until each consumer has told of deliveries."""
        nonlocal published
        for node in cluster.nodes:
            events = [{"topic": "shared", "data": {"body": number}} for number in range(100)]
            assert publish_all(node, events, CLIENTS) == {202: 100}
            published += 100
        cluster.receiver.wait_for(published, WAIT_SECONDS)
        return all(cluster.consumer_of(node)["delivered"] for node in cluster.nodes)

    wait_until(have_both_delivered, "deliveries of both consumers")
    wait_until(lambda: not cluster.unsettled(), "the end of all deliveries")
    counts = cluster.receiver.deliveries()
    assert (len(counts), max(counts.values())) == (published, 1)


def test_an_edit_at_one_node_holds_at_the_other_at_once(cluster: Cluster) -> None:
    first, second = cluster.nodes
    first.manage("subscribe", "edited", cluster.receiver.url)
    [subscriber] = cluster.ask("SELECT * FROM subscriber WHERE topic = 'edited'")
    event = {"topic": "edited", "data": {"body": {"total": 5}}}
    matched = [publish(node, event)[1]["matched"] for node in cluster.nodes]
    assert matched == [1, 1], "both know it now"
    fields = {"name": "", "topic": "edited", "target_url": cluster.receiver.url}
    with Operator(first) as operator:
        for expression, expected in (('data["body"]["total"] > 9', 0), ('data["body"]["total"] < 9', 1)):
            operator.edit_subscriber(subscriber["id"], filter_expression=expression, **fields)
            assert publish(second, event)[1]["matched"] == expected
            assert publish(first, event)[1]["matched"] == expected


def test_an_event_is_told_of_and_its_key_is_known_everywhere(cluster: Cluster) -> None:
    first, second = cluster.nodes
    event = {"topic": "keyed", "data": {"body": 1}}
    _, accepted = publish(first, event, **{"Idempotency-Key": "one key"})
    _, again = publish(second, event, **{"Idempotency-Key": "one key"})
    assert (again["id"], again["duplicate"]) == (accepted["id"], True)


@pytest.mark.usefixtures("_consumers")
def test_a_consumer_takes_over_from_one_that_dies(cluster: Cluster) -> None:
    dying, living = cluster.nodes
    dying.manage("subscribe", "orphaned", cluster.receiver.url)
    consumer = cluster.consumer_of(dying)
    cluster.may_answer.clear()
    published = 0

    def has_claims() -> bool:
        nonlocal published
        for _ in range(5):
            assert publish(living, {"topic": "orphaned", "data": {"body": published}})[0] == 202
            published += 1
        return bool(cluster.claims_of(consumer))

    wait_until(has_claims, "claims of the one that is to die")
    dying.kill_consumer()
    orphans = cluster.claims_of(consumer)
    assert orphans
    # What time does: its heartbeat is stale, the lease of its claims and of its tasks over.
    cluster.ask("UPDATE consumer SET beat_at = now() - interval '10 minutes' WHERE id = %s", consumer["id"])
    cluster.ask("UPDATE delivery SET lease_until = now() WHERE owner = %s", consumer["id"])
    cluster.ask("UPDATE lease SET until = now() WHERE owner = %s", consumer["id"])
    cluster.may_answer.set()
    wait_until(lambda: not cluster.unsettled(), "the end of all deliveries")
    settled = cluster.ask("SELECT * FROM delivery JOIN event ON event.id = event_id WHERE topic = 'orphaned'")
    assert [row["state"] for row in settled] == ["delivered"] * published
    received = cluster.receiver.deliveries()
    assert len(received) == published
    assert {name for name, count in received.items() if count > 1} <= orphans, "only what died with it came twice"
    lost = cluster.ask("SELECT id FROM delivery WHERE lost_claims > 0")
    assert {str(row["id"]) for row in lost} == orphans
