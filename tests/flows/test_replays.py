"""Replays and backfills by real consumers, on both databases and queues: killed, paced, stopped, beside publishes."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.layouts import environment
from tests.flows.publisher import publish, publish_all
from tests.flows.receiver import Received, Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import kill_group

pytestmark = pytest.mark.timeout(240)

#: What Faktory gave to a consumer that died comes again within 90 s.
WAIT_SECONDS = 100.0

DEAD = """
from django.utils import timezone
from dispatch.models import Delivery, Event
from subscribers.models import Subscriber
subscriber = Subscriber.objects.create(topic="{topic}", target_url="{url}", name="{topic}")
payload = '{{"body": 1}}'
events = Event.objects.bulk_create(
    Event(topic="{topic}", author="tests", payload=payload, size=len(payload), matched=1) for _ in range({count})
)
Delivery.objects.bulk_create(
    Delivery(event=event, subscriber=subscriber, subscriber_revision=1, state="dead", settled_at=timezone.now())
    for event in events
)
"""
# What would otherwise take a minute: the dead consumer's heartbeat, leases and claims run out.
TIME_PASSES = """
from datetime import timedelta
from django.utils import timezone
from dispatch.models import Consumer, Delivery, Lease
past = timezone.now() - timedelta(minutes=5)
Consumer.objects.update(beat_at=past)
Lease.objects.update(until=past)
Delivery.objects.filter(state="claimed").update(lease_until=past)
Delivery.objects.filter(state="pending").update(created_at=past)
"""
RESULT = """
import json
from django.db.models import Count
from dispatch.models import Delivery, Replay
replay = Replay.objects.filter(subscriber__name="{topic}").latest("created_at")
made = Delivery.objects.filter(replay=replay)
print(json.dumps({{
    "status": replay.status, "done": replay.done, "refused": replay.refused, "made": made.count(),
    "made_at": [moment.timestamp() for moment in made.order_by("created_at").values_list("created_at", flat=True)],
    "origins": made.values("replay_of").distinct().count(), "events": made.values("event").distinct().count(),
    "states": made.by_state(), "reasons": dict(Delivery.objects.filter(subscriber__name="{topic}")
    .order_by().values_list("reason").annotate(count=Count("pk"))),
}}))
"""


class Desk:
    def __init__(self, hub: HubServer, receiver: Receiver) -> None:
        self.hub = hub
        self.receiver = receiver

    def make_dead(self, topic: str, count: int) -> None:
        self.hub.manage("shell", "--no-imports", "-c", DEAD.format(topic=topic, url=self.url(topic), count=count))

    def url(self, topic: str) -> str:
        return f"{self.receiver.url}/{topic}"

    def arrived(self, topic: str) -> list[Received]:
        return [request for request in list(self.receiver.requests) if request.path == f"/{topic}"]

    def wait_for(self, topic: str, count: int) -> list[Received]:
        """The requests on the topic, once so many different deliveries have come."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len({request.headers["webhook-id"] for request in self.arrived(topic)}) < count:
            assert time.monotonic() < deadline, f"{len(self.arrived(topic))} of {count} came on {topic}"
            time.sleep(0.02)
        return self.arrived(topic)

    def result(self, topic: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.hub.manage("shell", "--no-imports", "-c", RESULT.format(topic=topic)).stdout
        )
        return found

    def wait_until(self, topic: str, **fields: Any) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while not fields.items() <= (found := self.result(topic)).items():
            assert time.monotonic() < deadline, found
        return found


@pytest.fixture(
    scope="module",
    params=["sqlite-embedded", pytest.param("postgres-faktory", marks=[pytest.mark.postgres, pytest.mark.faktory])],
)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    env = environment(request.param, request, f"replays_{request.param.replace('-', '_')}")
    with Receiver() as receiver, HubServer(env) as hub:
        hub.start_web()
        hub.start_consumer()
        yield Desk(hub, receiver)


def test_a_consumer_killed_in_the_middle_neither_doubles_nor_skips(desk: Desk) -> None:
    count = 600
    desk.make_dead("killed", count)
    desk.hub.manage("replay", "--subscriber", "killed", "--state", "dead", "--rate", "150")
    desk.wait_for("killed", 100)
    kill_group(desk.hub.consumers.pop())
    before = len(desk.arrived("killed"))
    assert before < count, "it was killed too late"
    desk.hub.manage("shell", "--no-imports", "-c", TIME_PASSES)
    desk.hub.start_consumer()
    desk.wait_for("killed", count)
    result = desk.wait_until("killed", states={"delivered": count})
    assert (result["status"], result["done"], result["refused"]) == ("done", count, {})
    assert result["made"] == result["origins"] == count
    # A delivery may be sent twice, if its consumer died between the response and the record; it is still one delivery.
    made = defaultdict(set)
    for request in desk.arrived("killed"):
        made[request.headers["webhook-id"]].add(request.headers["switch-delivery-id"])
    assert len(made) == count
    assert {len(deliveries) for deliveries in made.values()} == {1}


def test_a_rate_is_kept_until_the_replay_is_stopped(desk: Desk) -> None:
    desk.make_dead("paced", 2_000)
    told = desk.hub.manage("replay", "--subscriber", "paced", "--rate", "60").stdout
    replay_id = told.split()[1].rstrip(":")
    desk.wait_for("paced", 200)
    desk.hub.manage("replay", "--stop", replay_id)
    result = desk.wait_until("paced", status="stopped")
    assert result["done"] == result["made"] == len(result["made_at"]) < 2_000
    first = result["made_at"][0]
    # A second's worth may come at once, and a step is a moment older than what it makes.
    assert all(count < 60 * (moment - first + 2) for count, moment in enumerate(result["made_at"]))
    desk.wait_for("paced", result["made"])
    time.sleep(1.5)
    assert len(desk.arrived("paced")) == result["made"]
    assert f"{replay_id}  stopped" in desk.hub.manage("replay", "--list").stdout


def test_waiting_tells_when_it_is_done(desk: Desk) -> None:
    desk.make_dead("awaited", 30)
    told = desk.hub.manage("replay", "--subscriber", "awaited", "--wait").stdout
    assert "30 made of 30 (100%)." in told
    assert len(desk.wait_for("awaited", 30)) == 30


def test_a_backfill_beside_publishes_sends_each_event_once(desk: Desk) -> None:
    publish_all(desk.hub, [{"topic": "filled", "data": {"body": number}} for number in range(40)], clients=4)
    rest = [{"topic": "filled", "data": {"body": number}} for number in range(40, 240)]
    publishing = threading.Thread(target=publish_all, args=(desk.hub, rest, 4))
    publishing.start()
    desk.hub.manage("subscribe", "filled", desk.url("filled"), "--name", "filled", "--since", "1h")
    publishing.join(30)
    desk.wait_for("filled", 240)
    result = desk.wait_until("filled", status="done")
    assert result["made"] == result["events"] == result["done"] >= 40
    assert sorted(json.loads(request.body) for request in desk.arrived("filled")) == list(range(240))


def test_a_backlog_is_discarded_and_what_comes_then_is_sent(desk: Desk) -> None:
    desk.hub.manage("subscribe", "discarded", desk.url("discarded"), "--name", "discarded", "--since", "1h")
    desk.hub.manage("pause", "discarded", "--reason", "it moves house")
    for number in range(3):
        assert publish(desk.hub, {"topic": "discarded", "data": {"body": number}})[0] == 202
    assert desk.result("discarded")["reasons"] == {"paused": 3}
    assert "Discarded: 3." in desk.hub.manage("resume", "discarded", "--discard").stdout
    publish(desk.hub, {"topic": "discarded", "data": {"body": 3}})
    [request] = desk.wait_for("discarded", 1)
    assert json.loads(request.body) == 3
    assert desk.result("discarded")["reasons"]["discarded"] == 3
    desk.hub.manage("replay", "--subscriber", "discarded", "--state", "cancelled", "--wait")
    bodies = sorted(json.loads(request.body) for request in desk.wait_for("discarded", 4))
    assert bodies == [0, 1, 2, 3], "what was discarded can be replayed"


def test_a_backlog_is_sent(desk: Desk) -> None:
    desk.hub.manage("subscribe", "resumed", desk.url("resumed"), "--name", "resumed")
    desk.hub.manage("pause", "resumed")
    for number in range(3):
        publish(desk.hub, {"topic": "resumed", "data": {"body": number}})
    time.sleep(0.5)
    assert not desk.arrived("resumed")
    desk.hub.manage("resume", "resumed")
    desk.hub.manage(
        "shell", "-c", "from dispatch.models import Delivery as D; D.objects.update(created_at='2020-01-01')"
    )
    assert len(desk.wait_for("resumed", 3)) == 3
