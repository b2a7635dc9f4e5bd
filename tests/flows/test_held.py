"""What is over a limit is held, costs nothing, and goes on as capacity returns; on a real hub with either queue."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dispatch.consumer.flow import PRESSED_BELOW
from dispatch.consumer.process import AHEAD
from tests.flows.layouts import environment
from tests.flows.publisher import publish
from tests.flows.receiver import Answer
from tests.flows.stations import Station

FAKTORY = pytest.param("sqlite-faktory", marks=pytest.mark.faktory)
FAILS = Answer(500)
PAST = "2020-01-01 00:00:00"
PROCESSES, CONCURRENCY = 2, 256
#: So many may wait in the processes, whoever they are for: it leaves them room enough for others.
MAY_STAY = int(PROCESSES * CONCURRENCY * AHEAD * (1 - PRESSED_BELOW))


@pytest.fixture(scope="module", params=["sqlite-embedded", FAKTORY])
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    """With two consumer processes."""
    with Station(environment(request.param, request, f"held_{request.param.replace('-', '_')}")) as opened:
        opened.hub.stop_consumers()
        opened.hub.start_consumer(PROCESSES)
        yield opened


def publish_many(station: Station, topic: str, count: int) -> None:
    for start in range(0, count, 500):
        events = [{"topic": topic, "data": {"body": {"n": n}}} for n in range(start, min(count, start + 500))]
        status, answer = publish(station.hub, events)
        assert status == 202, answer


def health(station: Station, subscriber_id: int) -> dict[str, Any]:
    found = station.ledger.run("SELECT * FROM health WHERE subscriber_id = ?", subscriber_id)
    return found[0] if found else {}


def wait_until_open(station: Station, subscriber_id: int, opened: int = 1) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while (found := health(station, subscriber_id)).get("opened_in_a_row", 0) < opened:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def let_the_pause_end(station: Station, subscriber_id: int) -> None:
    """What time does."""
    station.ledger.run(
        "UPDATE health SET open_until = ? WHERE subscriber_id = ? AND breaker = 'open'", PAST, subscriber_id
    )


def test_a_breaker_opens_holds_probes_and_closes(station: Station) -> None:
    is_up = threading.Event()
    subscriber_id = station.subscribe("breaker", lambda before: Answer() if is_up.is_set() else FAILS)
    publish_many(station, "breaker", 400)
    found = wait_until_open(station, subscriber_id)
    assert (found["breaker"], found["cause"]) == ("open", "failures")
    assert found["failing_since"] is not None
    station.ledger.wait_for("breaker", count=20, state="held", reason="breaker", attempts=0)
    time.sleep(1)  # for what should not come
    tried = len(station.requests("/breaker"))
    assert 10 <= tried < 200
    let_the_pause_end(station, subscriber_id)
    found = wait_until_open(station, subscriber_id, opened=2)
    time.sleep(0.5)
    assert len(station.requests("/breaker")) == tried + 1
    is_up.set()
    let_the_pause_end(station, subscriber_id)
    station.ledger.wait_for("breaker", count=400 - tried - 1, state="delivered")
    assert health(station, subscriber_id)["breaker"] == "closed"
    assert health(station, subscriber_id)["failing_since"] is None
    assert not [row for row in station.ledger.deliveries("breaker") if row["state"] == "held"]


@pytest.mark.parametrize("status", [429, 503])
def test_one_that_asks_to_wait_is_left_alone_with_all_its_deliveries(station: Station, status: int) -> None:
    topic = f"throttled-{status}"
    subscriber_id = station.subscribe(
        topic, lambda before: Answer() if before else Answer(status, {"Retry-After": "600"}), max_in_flight=1
    )
    station.publish(topic)
    station.ledger.wait_for(topic, state="pending", reason="throttled", attempts=1)
    publish_many(station, topic, 50)
    station.ledger.wait_for(topic, count=50, state="held", reason="throttled", attempts=0)
    assert len(station.requests(f"/{topic}")) == 1
    let_the_pause_end(station, subscriber_id)
    station.ledger.wait_for(topic, count=50, state="delivered", attempts=1)
    station.receiver.wait_until(lambda: len(station.requests(f"/{topic}")) >= 51)
    assert len(station.requests(f"/{topic}")) == 51


def test_a_rate_limit_holds_over_two_processes(station: Station) -> None:
    moments: list[float] = []

    def answer(before: int) -> Answer:
        moments.append(time.monotonic())
        return Answer()

    station.subscribe("rate", answer, rate_limit_per_second=20)
    publish_many(station, "rate", 100)
    station.ledger.wait_for("rate", state="held", reason="rate")
    station.ledger.wait_for("rate", count=100, state="delivered", attempts=1)
    ordered = sorted(moments)
    assert ordered[-1] - ordered[0] >= 3.0  # twenty at once, and then twenty a second
    for first, moment in enumerate(ordered):
        within = sum(moment <= other < moment + 1.0 for other in ordered)
        assert within <= 50, (first, [round(each - ordered[0], 2) for each in ordered])


def test_a_long_line_of_one_that_hangs_is_held_and_sent_when_it_answers_again(station: Station) -> None:
    may_answer = threading.Event()

    def hang(before: int) -> Answer:
        may_answer.wait(30)
        return Answer()

    station.subscribe("line", hang)
    station.subscribe("beside")
    publish_many(station, "line", 3_000)
    station.ledger.wait_for("line", count=3_000 - MAY_STAY, state="held", reason="capped", attempts=0)
    before = len(station.receiver.requests)
    publish_many(station, "beside", 200)
    station.receiver.wait_for(before + 200, 10)
    may_answer.set()
    station.ledger.wait_for("line", count=3_000, state="delivered", attempts=1)
    assert len(station.requests("/line")) == 3_000


def test_what_was_held_is_not_sent_to_one_that_is_deleted(station: Station) -> None:
    subscriber_id = station.subscribe("left", lambda before: FAILS)
    publish_many(station, "left", 400)
    wait_until_open(station, subscriber_id)
    station.ledger.wait_for("left", count=10, state="held", reason="breaker")
    station.ledger.run("UPDATE subscriber SET deleted_at = ? WHERE id = ?", PAST, subscriber_id)
    station.ledger.wait_for("left", count=100, state="cancelled", reason="deleted", attempts=0)
    deadline = time.monotonic() + 20
    while any(row["state"] in ("held", "claimed") for row in station.ledger.deliveries("left")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    tried = len(station.requests("/left"))
    assert sum(row["attempts"] for row in station.ledger.deliveries("left")) == tried < 300
