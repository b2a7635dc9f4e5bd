"""A consumer dies while it records an answer 410: its delivery is not given up without the subscriber being paused."""

import pytest

from tests.faults.points import Point
from tests.faults.stage import Stage
from tests.faults.steps import (
    ALL_PARTS,
    POSTGRES_EMBEDDED,
    SQLITE_EMBEDDED,
    SQLITE_FAKTORY,
    in_each,
    new_topic,
    on,
    recover,
)

pytestmark = pytest.mark.timeout(240)

#: Between the outcome and the pause, and between the pause and their commit.
STEPS = {"outcome written": Point.OUTCOME_WRITTEN, "pause written": Point.PAUSE_WRITTEN}
IS_LONG = {ALL_PARTS: False, SQLITE_EMBEDDED: True, POSTGRES_EMBEDDED: True, SQLITE_FAKTORY: True}


@in_each(
    ("pair", "point"),
    [
        on(layout, point, is_long=is_long, id=f"{layout}, {name}")
        for layout, is_long in IS_LONG.items()
        for name, point in STEPS.items()
    ],
)
def test_a_consumer_that_dies_over_a_410_leaves_none_that_is_dead_without_a_pause(stage: Stage, point: Point) -> None:
    topic = new_topic("gone")
    stage.books.subscribe(topic, f"{stage.receiver.url}/gone/0")
    stage.order_death("consumer", point)
    stage.publish(stage.event(1, topic), topic)
    stage.wait_for_death("consumer")
    stage.hub.consumers[0].wait(15)
    assert [each.state for each in stage.books.deliveries(topic)] == ["claimed"]
    recover(stage, "", None)
    stage.books.wait_until_settled()
    assert [(each.state, each.reason) for each in stage.books.deliveries(topic)] == [("dead", "gone")]
    paused = f"topic = '{topic}' AND state = 'paused' AND state_reason = 'It answered 410 Gone.'"
    assert stage.books.count(paused, "subscriber") == 1
