"""Rows that hold what the types of their columns forbid stop no consumer: the real one goes on, and says so."""

import pytest

from tests.flows.ledger import Ledger
from tests.flows.publisher import publish
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer

pytestmark = pytest.mark.timeout(120)


def test_a_consumer_mends_the_rows_that_it_cannot_read_and_delivers_the_others() -> None:
    with HubServer() as hub, Receiver() as receiver:
        hub.start_web()
        ledger = Ledger(hub)
        ids = {topic: ledger.subscribe(topic, receiver.url) for topic in ("tried", "limited", "well")}
        for topic in ids:
            assert publish(hub, {"topic": topic, "data": {}})[0] == 202
        ledger.run("UPDATE delivery SET attempts = 'damaged' WHERE subscriber_id = ?", ids["tried"])
        ledger.run("UPDATE subscriber SET max_in_flight = 'damaged' WHERE id = ?", ids["limited"])
        ledger.run("UPDATE lease SET owner = 'damaged'")
        hub.start_consumer()
        ledger.wait_for("well", state="delivered")
        ledger.wait_for("tried", state="delivered", attempts=1)
        ledger.wait_for("limited", state="held", reason="paused")
        assert "(max_in_flight)" in ledger.subscriber(ids["limited"])["state_reason"]
        assert hub.stop_consumers() == [0], "the same consumer has gone on"
        assert "Damaged rows were in the way" in hub.log.read_text()
