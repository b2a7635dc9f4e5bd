"""A delivery that kills its consumer takes none of its neighbours along; with real processes that are really killed."""

import threading
import time

import pytest

from tests.flows.layouts import environment
from tests.flows.ledger import Ledger
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.faktory import FaktoryServer
from tests.servers.hub import HubServer
from tests.servers.processes import kill_group

PAST = "2020-01-01 00:00:00"
NEIGHBOURS = 30
KILLS = 5
FETCHES_END_SECONDS = 20.0


def let_the_leases_end(ledger: Ledger) -> None:
    """What time does after a consumer has died."""
    ledger.run("UPDATE delivery SET lease_until = ? WHERE state = 'claimed'", PAST)
    # Old enough, too, for the reconciler to push what the broker believes the dead consumer to work on.
    ledger.run("UPDATE delivery SET queued_at = NULL, created_at = ? WHERE state = 'pending'", PAST)
    ledger.run("DELETE FROM consumer")
    ledger.run("DELETE FROM lease")


def let_the_fetches_end(faktory: FaktoryServer) -> None:
    """Until only the web server is connected: else the next consumer's jobs go to the dead one's FETCH, and are found
    again as late as others that the broker lost."""
    deadline = time.monotonic() + FETCHES_END_SECONDS
    while faktory.connections > 1:
        assert time.monotonic() < deadline, "Faktory keeps the connections of a consumer that was killed"
        time.sleep(0.05)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("layout", ["sqlite-embedded", pytest.param("sqlite-faktory", marks=pytest.mark.faktory)])
def test_only_the_killer_is_lost(layout: str, request: pytest.FixtureRequest) -> None:
    seen, are_quick, is_over = threading.Event(), threading.Event(), threading.Event()

    def answer(received: Received) -> Answer:
        if received.path == "/killer":
            seen.set()
            is_over.wait(120)  # nobody is left to hear the answer
        else:
            are_quick.wait(120)
        return Answer()

    env = environment(layout, request, f"killers_{layout.replace('-', '_')}")
    with Receiver(answer) as receiver, HubServer(env) as hub:
        ledger = Ledger(hub)
        ledger.subscribe("neighbours", f"{receiver.url}/neighbour")
        ledger.subscribe("killer", f"{receiver.url}/killer")
        hub.start_web()
        events = [{"topic": "neighbours", "data": {}} for _ in range(NEIGHBOURS)]
        events.insert(NEIGHBOURS // 2, {"topic": "killer", "data": {}})
        assert publish(hub, events)[0] == 202
        for count in range(KILLS):
            if count == 2:  # the first two deaths took all with them
                are_quick.set()
            kill_when_seen(hub, seen)
            if layout == "sqlite-faktory":
                let_the_fetches_end(request.getfixturevalue("faktory_server"))
            let_the_leases_end(ledger)
        is_over.set()
        hub.start_consumer()
        ledger.wait_for("killer", state="dead", reason="lost", lost_claims=KILLS)
        ledger.wait_for("neighbours", count=NEIGHBOURS, state="delivered")
        assert max(row["lost_claims"] for row in ledger.deliveries("neighbours")) <= 3


def kill_when_seen(hub: HubServer, seen: threading.Event) -> None:
    seen.clear()
    consumer = hub.start_consumer()
    assert seen.wait(40), "the killer was not sent"
    kill_group(consumer)
    hub.consumers.clear()
