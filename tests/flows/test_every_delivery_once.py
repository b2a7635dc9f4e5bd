"""10,000 events from 16 clients at once: all accepted, and every delivery arrives exactly once."""

import time

import pytest

from tests.flows.counting import CountingReceiver
from tests.flows.layouts import LAYOUTS, environment
from tests.flows.publisher import publish_all
from tests.servers.hub import HubServer

EVENTS = 10_000
CLIENTS = 16
#: Subscribers by name, and for which events. So an event has one to three.
SUBSCRIBERS = {"all": "", "even": 'data["body"]["number"] % 2 == 0', "fourth": 'data["body"]["number"] % 4 == 0'}
EXPECTED = EVENTS + EVENTS // 2 + EVENTS // 4


@pytest.mark.timeout(240)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_accepted_event_reaches_each_of_its_subscribers_exactly_once(
    layout: str, request: pytest.FixtureRequest
) -> None:
    env = environment(layout, request, f"once_{layout.replace('-', '_')}")
    with CountingReceiver() as receiver, HubServer(env) as hub:
        for name, expression in SUBSCRIBERS.items():
            hub.manage("subscribe", "numbers", f"{receiver.url}/{name}", "--filter", expression)
        hub.start_web()
        hub.start_consumer(processes=2)
        events = [{"topic": "numbers", "data": {"body": {"number": number}}} for number in range(EVENTS)]
        assert publish_all(hub, events, CLIENTS) == {202: EVENTS}
        receiver.wait_for(EXPECTED, timeout_seconds=120)
        time.sleep(1)  # for what should not come: a second request for the same delivery
        assert max(receiver.deliveries.values()) == 1
        assert receiver.deliveries.total() == len(receiver.arrived) == EXPECTED
        assert hub.stop_consumers() == [0]
