"""The management API on a real hub, with either queue: what an operator does to a delivery takes effect."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.flows.layouts import environment
from tests.flows.receiver import Answer
from tests.flows.stations import Station


class Operator:
    """Calls the station's hub with an API key."""

    def __init__(self, station: Station) -> None:
        self.url = f"{station.hub.url}/api/v1"
        self.key = station.hub.manage("api_key", "operator", "--scope", "all").stdout.strip()

    def call(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/{path}", data, {"Authorization": f"Bearer {self.key}"})
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture(
    scope="module",
    params=["sqlite-embedded", pytest.param("postgres-faktory", marks=[pytest.mark.faktory, pytest.mark.postgres])],
)
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    name = f"management_{request.param.replace('-', '_')}"
    with Station(environment(request.param, request, name)) as opened:
        yield opened


@pytest.fixture(scope="module")
def operator(station: Station) -> Operator:
    return Operator(station)


def test_a_delivery_is_followed_tried_now_and_replayed(station: Station, operator: Operator) -> None:
    target = f"{station.receiver.url}/managed"
    station.replies["/managed"] = lambda before: Answer(500) if before == 0 else Answer()
    subscriber = operator.call("subscribers", {"topic": "managed", "target_url": target})
    station.publish("managed")
    delivery = _wait_for(station, operator, subscriber["id"], requests=1, state="pending", failures=1)
    operator.call(f"deliveries/{delivery['id']}/try-now", {})
    delivered = _wait_for(station, operator, subscriber["id"], requests=2, state="delivered", attempts=2)
    attempts = operator.call(f"attempts?delivery={delivery['id']}")["results"]
    assert [attempt["status"] for attempt in attempts] == [200, 500]
    replay = operator.call(f"deliveries/{delivered['id']}/replay", {})
    again = _wait_for(station, operator, subscriber["id"], requests=3, state="delivered", replay_of=delivery["id"])
    assert again["id"] == replay["id"]
    assert {request.headers["webhook-id"] for request in station.requests("/managed")} == {delivery["id"]}


def test_what_is_stopped_is_not_sent(station: Station, operator: Operator) -> None:
    target = f"{station.receiver.url}/stopped"
    subscriber = operator.call("subscribers", {"topic": "stopped", "target_url": target})["id"]
    operator.call(f"subscribers/{subscriber}/pause", {"reason": "moving house"})
    station.publish("stopped", body=1)
    station.publish("stopped", body=2)
    held = operator.call(f"deliveries?subscriber={subscriber}")["results"]
    assert [each["state"] for each in held] == ["held", "held"]
    operator.call(f"deliveries/{held[0]['id']}/stop-trying", {})
    operator.call(f"subscribers/{subscriber}/resume", {"backlog": "send"})
    station.receiver.wait_until(lambda: bool(station.requests("/stopped")))
    assert [request.json for request in station.requests("/stopped")] == [1]


def _wait_for(station: Station, operator: Operator, subscriber: int, requests: int, **fields: Any) -> Any:
    """The newest delivery of the subscriber, once so many requests have come and it has these fields."""
    station.receiver.wait_until(lambda: len(station.requests("/managed")) >= requests)
    for _ in range(300):
        newest = operator.call(f"deliveries?subscriber={subscriber}")["results"][0]
        if {name: newest[name] for name in fields} == fields:
            return newest
        time.sleep(0.1)
    raise AssertionError(newest)
