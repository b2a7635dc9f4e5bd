"""The web server, or what it stands on, dies at each step of a publish: what was accepted is delivered, once."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import SUBSCRIBERS, Stage

pytestmark = pytest.mark.timeout(180)

IN_TRANSACTION = "dispatch.ledger.accepting:insert_deliveries:after"
COMMITTED = "dispatch.pushing:push:before"
PUSHING = "dispatch.queues.faktory.queue:FaktoryQueue.push:before"
PUSHED = "dispatch.queues.faktory.queue:FaktoryQueue.push:after"

SQLITE = "sqlite-embedded"
FAKTORY = pytest.param("postgres-faktory", marks=[pytest.mark.faktory, pytest.mark.postgres, pytest.mark.long])


@pytest.fixture(scope="module", params=[SQLITE, FAKTORY])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with Stage(request.param) as opened:
        opened.hub.start_consumer()
        yield opened


def publish_through(stage: Stage, point: str, victims: str = "") -> bool:
    """Publishes while somebody dies; returns whether the event was stored by the first try."""
    name = f"{point} {victims}"
    stage.hub.kill_web()
    stage.hub.start_web(**stage.death(point, victims))
    before = stage.receiver.deliveries.total()
    status, first = stage.try_publish(stage.event(1), name)
    stage.wait_for_death()
    stage.restart(victims)
    answer = stage.publish(stage.event(1), name)
    assert status == 202 or victims or status == 0, (status, first)
    stage.receiver.wait_for(before + SUBSCRIBERS, timeout_seconds=30)
    stage.books.wait_until_settled(30)
    assert stage.receiver.deliveries.total() == before + SUBSCRIBERS
    return bool(answer["duplicate"])


def test_a_publish_whose_server_dies_before_the_commit_stores_nothing_and_can_be_repeated(stage: Stage) -> None:
    assert not publish_through(stage, IN_TRANSACTION)


def test_a_publish_whose_server_dies_after_the_commit_is_stored_once_and_delivered(stage: Stage) -> None:
    assert publish_through(stage, COMMITTED)


@pytest.mark.parametrize("stage", [FAKTORY], indirect=True)
@pytest.mark.parametrize("point", [PUSHING, PUSHED], ids=["before the push", "before the mark"])
def test_jobs_that_were_pushed_or_not_are_done_once_when_their_pusher_dies(stage: Stage, point: str) -> None:
    assert publish_through(stage, point)


@pytest.mark.parametrize("stage", [FAKTORY], indirect=True)
@pytest.mark.parametrize(
    ("point", "is_stored"),
    [(IN_TRANSACTION, False), (COMMITTED, True), (PUSHED, True)],
    ids=["before the commit", "after the commit", "before the mark"],
)
def test_a_publish_whose_postgres_dies_is_stored_as_the_answer_says(stage: Stage, point: str, is_stored: bool) -> None:
    assert publish_through(stage, point, "postgres") == is_stored


@pytest.mark.parametrize("stage", [FAKTORY], indirect=True)
def test_a_publish_whose_faktory_dies_before_the_push_is_accepted_and_delivered(stage: Stage) -> None:
    assert publish_through(stage, PUSHING, "faktory")
