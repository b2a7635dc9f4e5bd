"""What the consumer does about every kind of answer, on a real hub with either queue."""

import threading
from collections.abc import Iterator

import faktory
import pytest

from tests.flows.layouts import environment
from tests.flows.receiver import Answer
from tests.flows.stations import Station

FAILS = Answer(500, body=b"not now")
FAKTORY = pytest.param("sqlite-faktory", marks=pytest.mark.faktory)
on_faktory = pytest.mark.parametrize("station", [FAKTORY], indirect=True)


@pytest.fixture(scope="module", params=["sqlite-embedded", FAKTORY])
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    with Station(environment(request.param, request, f"consumer_{request.param.replace('-', '_')}")) as opened:
        yield opened


def test_a_failure_is_retried_until_it_is_delivered(station: Station) -> None:
    station.subscribe("retried", lambda before: FAILS if before < 2 else Answer())
    station.publish("retried")
    failed = station.ledger.wait_for("retried", state="pending", failures=1, last_status=500)
    assert failed["last_error"] == "HTTP 500"
    delivered = station.ledger.wait_for(
        "retried",
        act=lambda: station.bring_forward(failed["id"]),
        state="delivered",
        attempts=3,
        failures=2,
        last_status=200,
    )
    numbers = [request.headers["switch-attempt"] for request in station.requests("/retried")]
    assert numbers == ["1", "2", "3"]
    assert {request.headers["webhook-id"] for request in station.requests("/retried")} == {delivered["id"]}
    attempts = station.ledger.run(
        "SELECT status, response_body FROM attempt WHERE delivery_id = ? ORDER BY number",
        delivered["id"].replace("-", ""),
    )
    assert [(attempt["status"], attempt["response_body"]) for attempt in attempts] == [
        (500, "not now"),
        (500, "not now"),
        (200, ""),
    ]


def test_without_retries_a_failure_is_dead(station: Station) -> None:
    station.subscribe("exhausted", lambda before: FAILS, retry_limit=0)
    station.publish("exhausted")
    dead = station.ledger.wait_for("exhausted", state="dead", reason="exhausted")
    assert (dead["attempts"], dead["failures"]) == (1, 1)


def test_the_last_retry_is_the_end(station: Station) -> None:
    station.subscribe("last", lambda before: FAILS, retry_limit=1)
    station.publish("last")
    failed = station.ledger.wait_for("last", state="pending", failures=1)
    station.ledger.wait_for("last", act=lambda: station.bring_forward(failed["id"]), state="dead", reason="exhausted")
    assert len(station.requests("/last")) == 2


@on_faktory
def test_a_dead_job_that_is_retried_by_hand_is_delivered(station: Station) -> None:
    station.subscribe("by-hand", lambda before: Answer() if before else FAILS, retry_limit=0)
    station.publish("by-hand")
    dead = station.ledger.wait_for("by-hand", state="dead")
    station.ledger.wait_for("by-hand", act=lambda: station.requeue(dead["id"], "dead"), state="delivered")


def test_gone_pauses_the_subscriber(station: Station) -> None:
    subscriber_id = station.subscribe("gone", lambda before: Answer(410))
    station.publish("gone")
    station.ledger.wait_for("gone", state="dead", reason="gone")
    station.ledger.wait_until_paused(subscriber_id)
    assert "410" in station.ledger.subscriber(subscriber_id)["state_reason"]
    station.publish("gone")
    station.ledger.wait_for("gone", state="held", reason="paused")
    assert len(station.requests("/gone")) == 1


def test_one_gone_resource_does_not_pause_a_subscriber_with_path_parameters(station: Station) -> None:
    station.replies["/things/1"] = lambda before: Answer(410)
    subscriber_id = station.ledger.subscribe("things", f"{station.receiver.url}/things/:id")
    station.publish("things", path_params={"id": 1})
    station.ledger.wait_for("things", state="dead", reason="gone")
    station.publish("things", path_params={"id": 2})
    station.ledger.wait_for("things", state="delivered")
    assert station.ledger.subscriber(subscriber_id)["state"] == "active"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_that_is_not_followed(station: Station, status: int) -> None:
    topic = f"moved-{status}"
    station.subscribe(topic, lambda before: Answer(status, {"Location": f"{station.receiver.url}/elsewhere"}))
    station.publish(topic)
    station.ledger.wait_for(topic, state="pending", failures=1, last_status=status)
    assert not station.requests("/elsewhere")


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_and_does_not_count_as_a_failure(station: Station, status: int) -> None:
    topic = f"busy-{status}"
    station.subscribe(
        topic, lambda before: Answer() if before else Answer(status, {"Retry-After": "600"}), retry_limit=0
    )
    station.publish(topic)
    waiting = station.ledger.wait_for(topic, state="pending", reason="throttled", failures=0, attempts=1)
    assert waiting["deferred_seconds"] == 600
    [row] = station.ledger.run(
        "SELECT ROUND((julianday(due_at) - julianday(started_at)) * 86400, 3) AS wait FROM delivery "
        "JOIN attempt ON delivery_id = delivery.id WHERE delivery.id = ?",
        waiting["id"].replace("-", ""),
    )
    assert 600 <= row["wait"] < 660
    station.ledger.wait_for(
        topic, act=lambda: station.bring_forward(waiting["id"], "scheduled"), state="delivered", attempts=2
    )


def test_a_missing_path_parameter_is_dead_at_once(station: Station) -> None:
    station.ledger.subscribe("lacking", f"{station.receiver.url}/lacking/:id")
    station.publish("lacking")
    dead = station.ledger.wait_for("lacking", state="dead", reason="permanent")
    assert dead["attempts"] == 0
    assert "id" in dead["last_error"]


def test_a_pause_holds_what_comes_and_lets_it_flow_when_it_ends(station: Station) -> None:
    subscriber_id = station.subscribe("paused", state="paused")
    for _ in range(3):
        station.publish("paused")
    station.ledger.wait_for("paused", count=3, state="held", reason="paused")
    assert not station.requests("/paused")
    # Old enough for the reconciler to push at once what no queue has.
    station.ledger.run("UPDATE delivery SET created_at = '2020-01-01 00:00:00' WHERE subscriber_id = ?", subscriber_id)
    station.ledger.run("UPDATE subscriber SET state = 'active' WHERE id = ?", subscriber_id)
    station.ledger.wait_for("paused", count=3, state="delivered")
    assert len(station.requests("/paused")) == 3


def test_a_broken_filter_holds_its_events_until_it_is_mended(station: Station) -> None:
    subscriber_id = station.subscribe("broken", filter_expression="import os")
    station.publish("broken")
    station.publish("broken", body={"total": 1})
    station.ledger.wait_for("broken", count=2, state="held", reason="broken")
    station.ledger.run("UPDATE delivery SET created_at = '2020-01-01 00:00:00' WHERE subscriber_id = ?", subscriber_id)
    station.ledger.run(
        "UPDATE subscriber SET filter_expression = ? WHERE id = ?", 'data["body"]["total"] > 100', subscriber_id
    )
    station.ledger.wait_for("broken", state="delivered")
    station.ledger.wait_for("broken", state="cancelled", reason="unmatched")
    assert [request.json["total"] for request in station.requests("/broken")] == [150]


def test_a_wide_fan_out_reaches_every_subscriber_once(station: Station) -> None:
    count = 600
    station.ledger.run(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?) "
        "INSERT INTO subscriber (topic, filter_expression, target_url) SELECT 'wide', '', ? || n FROM number",
        count,
        f"{station.receiver.url}/wide/",
    )
    station.publish("wide")
    station.ledger.wait_for("wide", count=count, state="delivered")
    paths = [request.path for request in list(station.receiver.requests) if request.path.startswith("/wide/")]
    assert sorted(paths) == sorted(f"/wide/{number}" for number in range(1, count + 1))
    [event] = station.ledger.run("SELECT matched, fan_out FROM event WHERE topic = 'wide'")
    assert event == {"matched": count, "fan_out": "done"}


@on_faktory
def test_a_job_of_the_original_pushed_by_its_client_is_delivered(station: Station) -> None:
    client = faktory.Client(faktory=station.faktory_url)
    client.faktory.password = station.faktory_password  # the package does not unescape it
    payload = "eyJib2R5IjogeyJuYW1lIjogIm9sZCJ9fQ=="  # {"body": {"name": "old"}}
    arguments = (f"{station.receiver.url}/original", 'data["body"]["name"] == "old"', payload)
    with client:
        client.queue("pubsub", args=arguments, queue=station.queue)
    station.ledger.wait_for("switch.adopted", state="delivered")
    [request] = station.requests("/original")
    assert request.json == {"name": "old"}


def test_sigterm_lets_what_is_in_flight_finish(station: Station) -> None:
    may_answer, is_there = threading.Event(), threading.Event()

    def slow(before: int) -> Answer:
        is_there.set()
        may_answer.wait(20)
        return Answer()

    station.subscribe("slow", slow)
    station.publish("slow")
    assert is_there.wait(20)
    threading.Timer(1.0, may_answer.set).start()
    try:
        assert station.hub.stop_consumers() == [0]
    finally:
        station.hub.start_consumer()
    [delivery] = station.ledger.deliveries("slow")
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
    assert len(station.requests("/slow")) == 1


@pytest.mark.parametrize(
    ("topic", "url", "words"),
    [
        pytest.param("unreadable", "http://[::1/:id", "not a URL", id="no URL"),
        pytest.param("databases", "http://127.0.0.1:6379/", "Port 6379 is one of Redis", id="port of a database"),
        pytest.param("metadata", "http://169.254.169.254/latest/", "metadata service", id="metadata service"),
    ],
)
def test_a_url_that_plain_sql_wrote_is_dead_at_once_and_harms_nobody(
    station: Station, topic: str, url: str, words: str
) -> None:
    station.ledger.subscribe(topic, url)
    station.publish(topic)
    dead = station.ledger.wait_for(topic, state="dead", reason="permanent")
    assert words in dead["last_error"]
    assert dead["failures"] == 1
