"""A consumer, or what it stands on, dies at each step of a delivery: nothing is lost, and twice comes only what may."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.stage import SUBSCRIBERS, Stage

pytestmark = pytest.mark.timeout(240)

EVENTS = 10
WIDE = "wide"
#: More than one chunk, so that a fan-out can stop in the middle.
WIDE_SUBSCRIBERS = 2_100

FETCHED = "dispatch.ledger.claiming:claim_named:before"
CLAIMED = "dispatch.ledger.loading:load_events:before"
LOADED = "dispatch.ledger.loading:load_events:after"
ANSWERED = "dispatch.ledger.settling:settle:before"
RECORDED = "dispatch.ledger.settling:settle:after"
TOLD = "dispatch.consumer.recording:Recorder._tell_queue:after"
CHUNK_WRITTEN = "dispatch.ledger.fanning_out:advance:after"
RECOVERED = "dispatch.ledger.recovering:recover_lost_claims:after"
PUSHED_AGAIN = "dispatch.ledger.queueing:mark_queued:before"

EMBEDDED = "sqlite-embedded"
LONG = [pytest.mark.faktory, pytest.mark.postgres, pytest.mark.long]
FAKTORY = pytest.param("postgres-faktory", marks=LONG)
on_both = pytest.mark.parametrize("stage", [EMBEDDED, FAKTORY], indirect=True)
on_faktory = pytest.mark.parametrize("stage", [FAKTORY], indirect=True)


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with Stage(request.param, SWITCH_FAN_OUT_LIMIT="10") as opened:
        opened.hub.start_web()
        yield opened


@dataclass(frozen=True)
class Aftermath:
    """`twice` and `lost` say how often each delivery arrived too often, and lost a claim by a death, in this test."""

    twice: Counter[bytes]
    lost: Counter[bytes]
    #: Settled at the moment of the death.
    recorded: set[bytes]


def deliver_through(stage: Stage, point: str, victims: str = "", events: int = EVENTS) -> Aftermath:
    """Delivers while somebody dies at `point`."""
    twice, lost, settled = stage.duplicates(), stage.books.lost_claims(), stage.books.settled()
    arrived = len(stage.receiver.deliveries)
    bodies = [stage.event(number) for number in range(events)]
    stage.publish(bodies, f"{point} {victims} {time.time()}")
    consumer = stage.hub.start_consumer(**stage.death(point, victims))
    stage.wait_for_death()
    recorded = set() if victims else stage.books.settled() - settled
    stage.restart(victims)
    if not victims:
        assert consumer.wait(15) == -9
        stage.hub.consumers.remove(consumer)
        stage.books.pass_time()
        stage.start_consumer()
    elif "faktory" in victims:
        stage.books.pass_time()
    stage.books.wait_until_settled(60)
    assert stage.books.states() == {"delivered": len(stage.receiver.deliveries)}
    assert len(stage.receiver.deliveries) == arrived + events * SUBSCRIBERS
    assert stage.hub.stop_consumers() == [0]
    after = Aftermath(stage.duplicates() - twice, stage.books.lost_claims() - lost, recorded)
    assert after.twice <= after.lost, "what comes twice had lost its claim"
    return after


@on_both
@pytest.mark.parametrize("point", [CLAIMED, LOADED], ids=["claimed", "loaded"])
def test_what_a_dead_consumer_had_claimed_and_not_sent_comes_once(stage: Stage, point: str) -> None:
    after = deliver_through(stage, point)
    assert not after.twice
    assert after.lost


@on_both
def test_what_a_dead_consumer_had_sent_and_not_recorded_comes_twice_and_is_counted(stage: Stage) -> None:
    assert deliver_through(stage, ANSWERED).twice


@on_both
def test_what_a_dead_consumer_had_recorded_comes_once(stage: Stage) -> None:
    """What it had sent meanwhile and not recorded may come twice."""
    after = deliver_through(stage, RECORDED)
    assert after.recorded
    assert not after.recorded & (after.twice.keys() | after.lost.keys())


@on_faktory
def test_a_job_that_a_dead_consumer_had_fetched_and_not_claimed_is_pushed_again(stage: Stage) -> None:
    after = deliver_through(stage, FETCHED)
    assert (after.twice, after.lost) == ({}, {})


@on_faktory
def test_a_job_that_was_told_to_the_queue_or_not_is_done_when_it_is_recorded(stage: Stage) -> None:
    after = deliver_through(stage, TOLD)
    assert after.recorded
    assert not after.recorded & (after.twice.keys() | after.lost.keys())


@on_faktory
@pytest.mark.parametrize(
    "point", [FETCHED, CLAIMED, ANSWERED, RECORDED], ids=["fetched", "claimed", "answered", "recorded"]
)
def test_a_consumer_outlives_its_postgres_at_every_step(stage: Stage, point: str) -> None:
    assert not deliver_through(stage, point, "postgres").twice


@on_faktory
@pytest.mark.parametrize("point", [FETCHED, ANSWERED, TOLD], ids=["fetched", "answered", "told"])
def test_a_consumer_outlives_its_faktory_at_every_step(stage: Stage, point: str) -> None:
    assert not deliver_through(stage, point, "faktory").twice


@pytest.mark.parametrize(
    ("stage", "victims"),
    [
        pytest.param(EMBEDDED, "", id="consumer, embedded"),
        pytest.param("postgres-faktory", "", id="consumer, Faktory", marks=LONG),
        pytest.param("postgres-faktory", "postgres", id="postgres", marks=LONG),
    ],
    indirect=["stage"],
)
def test_a_fan_out_that_stopped_in_the_middle_goes_on_where_it_was(stage: Stage, victims: str) -> None:
    topic = f"{WIDE} {victims}"
    stage.books.subscribe_many(topic, f"{stage.receiver.url}/{WIDE}/", WIDE_SUBSCRIBERS)
    arrived = len(stage.receiver.deliveries)
    stage.publish(stage.event(1, topic), topic)
    consumer = stage.hub.start_consumer(**stage.death(CHUNK_WRITTEN, victims))
    stage.wait_for_death()
    stage.restart(victims)
    if not victims:
        assert consumer.wait(15) == -9
        stage.hub.consumers.remove(consumer)
        stage.books.pass_time()
        stage.start_consumer()
    stage.books.wait_until_settled(90)
    assert stage.hub.stop_consumers() == [0]
    assert len(stage.receiver.deliveries) == arrived + WIDE_SUBSCRIBERS
    assert stage.books.count(f"topic = '{topic}' AND matched = {WIDE_SUBSCRIBERS}", "event") == 1


@on_faktory
@pytest.mark.parametrize("point", [RECOVERED, PUSHED_AGAIN], ids=["recovered", "pushed again"])
def test_a_reconciler_that_dies_leaves_its_work_to_the_next(stage: Stage, point: str) -> None:
    """It dies between finding what another had claimed and pushing it, or between the push and the mark."""
    twice, lost = stage.duplicates(), stage.books.lost_claims()
    stage.publish([stage.event(number) for number in range(EVENTS)], f"{point} {time.time()}")
    first = stage.hub.start_consumer(**stage.death(CLAIMED))
    stage.wait_for_death()
    first.wait(15)
    stage.books.pass_time()
    second = stage.hub.start_consumer(**stage.death(point))
    stage.wait_for_death()
    second.wait(15)
    stage.hub.consumers.clear()
    stage.books.pass_time()
    stage.start_consumer()
    stage.books.wait_until_settled(60)
    assert stage.hub.stop_consumers() == [0]
    assert stage.duplicates() - twice <= stage.books.lost_claims() - lost
    assert set(stage.books.states()) == {"delivered"}
