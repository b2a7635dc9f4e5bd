"""Everything that can die is killed at random moments under a steady load; then the accounts must be even."""

import time
from collections import Counter

import pytest

from dispatch.retries import latest_retry
from tests.faults.account import Account, account
from tests.faults.load import Load
from tests.faults.moody import MoodyReceiver
from tests.faults.stage import Stage
from tests.faults.storm import MATCHED, MOODY_TOPIC, ONE_IN, Storm

EVENTS_PER_SECOND = 200
#: A dead consumer's claims end within 90 seconds; the rest is for the backlog that was made meanwhile.
RECOVERED_WITHIN_SECONDS = 120
#: What then fails for the first time is tried again within this, or 90 seconds behind it if the broker has lost it.
RETRIED_WITHIN_SECONDS = latest_retry(1).total_seconds()
#: All but what a subscriber that fails on purpose has failed.
UNFAILED = (
    "settled_at IS NULL AND (failures = 0 AND deferred_seconds = 0 OR subscriber_id NOT IN "  # noqa: S608
    f"(SELECT id FROM subscriber WHERE topic = '{MOODY_TOPIC}'))"
)
WAITING_JOBS = 10_000
FAN_OUT_LIMIT = "100"
#: Over all three, each kind of death comes at least 20 times.
PLANS = {
    "sqlite-embedded": {"kill web": 7, "kill consumer": 7, "roll consumers": 2},
    "postgres-embedded": {
        "kill web": 7,
        "kill consumer": 7,
        "kill postgres": 10,
        "stop postgres": 2,
        "roll consumers": 2,
    },
    "postgres-faktory": {
        "kill web": 7,
        "kill consumer": 7,
        "kill postgres": 10,
        "kill faktory": 20,
        "stop postgres": 2,
        "roll consumers": 2,
    },
}
SHORT = {"kill web": 1, "kill consumer": 2, "kill faktory": 1, "kill postgres": 1, "roll consumers": 1}


def weather(layout: str, plan: dict[str, int], *, is_short: bool) -> Account:
    with Stage(layout, SWITCH_FAN_OUT_LIMIT=FAN_OUT_LIMIT) as stage:
        storm, load = Storm(stage), Load(stage, EVENTS_PER_SECOND, ONE_IN)
        storm.start()
        with load:
            storm.rage([fault for fault, count in plan.items() for _ in range(count)])
            ended = time.monotonic()
        if is_short:
            hurry(stage)
        else:
            stage.books.wait_until_settled(ended + RECOVERED_WITHIN_SECONDS - time.monotonic(), UNFAILED)
        retried_at = ended + RECOVERED_WITHIN_SECONDS + RETRIED_WITHIN_SECONDS
        stage.books.wait_until_settled(retried_at - time.monotonic())
        made = account(stage, MATCHED, storm.done, load, time.monotonic() - ended)
        assert made.lost == 0, made
        assert made.unexplained == 0, made
        assert made.moods.keys() == set(MoodyReceiver.MOODS), made
        assert set(stage.hub.stop_consumers()) == {0}
        return made


def hurry(stage: Stage) -> None:
    """Lets the leases of the dead end, once the living have nothing more in hand."""
    before = -1
    while (left := stage.books.waiting()) != before:
        before = left
        time.sleep(4)
    stage.books.pass_time()


@pytest.mark.faktory
@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_nothing_accepted_is_lost_in_a_short_storm(capsys: pytest.CaptureFixture[str]) -> None:
    made = weather("postgres-faktory", SHORT, is_short=True)
    with capsys.disabled():
        print(made)


@pytest.mark.long
@pytest.mark.faktory
@pytest.mark.postgres
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("layout", "plan"), PLANS.items(), ids=PLANS.keys())
def test_nothing_accepted_is_lost_in_a_long_storm(
    layout: str, plan: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    made = weather(layout, plan, is_short=False)
    with capsys.disabled():
        print(made)


@pytest.mark.long
@pytest.mark.faktory
@pytest.mark.timeout(400)
def test_ten_thousand_jobs_that_a_wiped_faktory_forgot_are_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    with Stage("sqlite-faktory") as stage:
        assert stage.faktory is not None
        stage.hub.start_web()
        load = Load(stage, EVENTS_PER_SECOND)
        with load:
            wait_for_jobs(stage, WAITING_JOBS)
            stage.faktory.wipe()
            stage.faktory.start()
            started = time.monotonic()
            stage.start_consumer()
            time.sleep(15)  # with new ones among the old
        stage.books.wait_until_settled(150)
        made = account(stage, MATCHED, Counter({"wipe faktory": 1}), load, time.monotonic() - started)
        assert (made.lost, made.twice) == (0, 0), made
        assert stage.hub.stop_consumers() == [0]
        with capsys.disabled():
            print(made)


def wait_for_jobs(stage: Stage, count: int) -> None:
    deadline = time.monotonic() + 120
    while stage.books.count("queued_at IS NOT NULL") < count:
        assert time.monotonic() < deadline
        time.sleep(0.5)
