"""The metrics of a whole hub, with several web and consumer processes, as Prometheus scrapes them."""

import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.flows.counting import CountingReceiver
from tests.flows.publisher import publish, publish_all
from tests.servers.hub import HubServer

EVENTS = 200
WAIT_SECONDS = 60.0


def scrape(hub: HubServer, token: str = "") -> dict[tuple[str, ...], float]:
    request = urllib.request.Request(f"{hub.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_every_publish_and_attempt_is_counted_once_whoever_made_it() -> None:
    env = {"SWITCH_WEB_PROCESSES": "2", "SWITCH_METRICS_TOKEN": "a token for metrics"}
    with CountingReceiver() as receiver, HubServer(env) as hub:
        hub.manage("subscribe", "counted", receiver.url)
        hub.start_web()
        hub.start_consumer(processes=2)
        bodies = [{"topic": "counted", "data": {"body": {"number": number}}} for number in range(EVENTS)]
        assert publish_all(hub, bodies, clients=8) == {202: EVENTS}
        assert publish(hub, {"topic": ""})[0] == 400
        receiver.wait_for(EVENTS, 60)
        expected = {
            ("switch_events_accepted_total",): EVENTS,
            ("switch_deliveries_created_total",): EVENTS,
            ("switch_attempts_total", "2xx"): EVENTS,
            ("switch_deliveries_settled_total", "delivered"): EVENTS,
            ("switch_delivery_seconds_count",): EVENTS,
            ("switch_publish_answers_total", "202"): EVENTS,
            ("switch_publish_answers_total", "400"): 1,
            ("switch_publish_seconds_count",): EVENTS + 1,
            ("switch_consumers",): 2,
        }
        deadline = time.monotonic() + WAIT_SECONDS
        while {key: value for key, value in scrape(hub, "a token for metrics").items() if key in expected} != expected:
            assert time.monotonic() < deadline, scrape(hub, "a token for metrics")
            time.sleep(0.5)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            scrape(hub)
