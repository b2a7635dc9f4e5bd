"""A consumer dies while it records an answer 410: its delivery is not given up without the subscriber being paused."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import Stage
from tests.flows.receiver import Answer, Receiver

pytestmark = pytest.mark.timeout(240)

TOPIC = "gone"
#: Between the outcome and the pause, and between the pause and their commit.
POINTS = {
    "outcome written": "dispatch.failing:pause_gone:before",
    "pause written": "dispatch.failing:pause_gone:after",
}
LONG = [pytest.mark.faktory, pytest.mark.postgres, pytest.mark.long]


@pytest.fixture
def gone() -> Iterator[Receiver]:
    with Receiver(lambda request: Answer(410)) as receiver:
        yield receiver


@pytest.mark.parametrize("layout", ["sqlite-embedded", pytest.param("postgres-faktory", marks=LONG)])
@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
def test_a_consumer_that_dies_over_a_410_leaves_none_that_is_dead_without_a_pause(
    layout: str, point: str, gone: Receiver
) -> None:
    with Stage(layout) as stage:
        stage.hub.start_web()
        stage.books.subscribe_many(TOPIC, f"{gone.url}/", 1)
        stage.publish(stage.event(1, TOPIC), TOPIC)
        consumer = stage.hub.start_consumer(**stage.death(point))
        stage.wait_for_death()
        assert consumer.wait(15) == -9
        stage.hub.consumers.remove(consumer)
        assert stage.books.states() == {"claimed": 1}
        stage.books.pass_time()
        stage.start_consumer()
        stage.books.wait_until_settled()
        assert stage.books.states() == {"dead": 1}
        assert stage.books.count("state = 'paused' AND state_reason = 'It answered 410 Gone.'", "subscriber") == 1
        assert stage.hub.stop_consumers() == [0]
