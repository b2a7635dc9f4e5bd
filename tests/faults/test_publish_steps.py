"""The web server, or what it stands on, dies at each step of a publish: what was accepted is delivered, once."""

from collections import Counter

import pytest

from tests.faults.points import Point
from tests.faults.stage import SUBSCRIBERS, Stage
from tests.faults.steps import ALL_PARTS, POSTGRES_EMBEDDED, SQLITE_EMBEDDED, SQLITE_FAKTORY, in_each, new_topic, on

pytestmark = pytest.mark.timeout(180)

NOTHING_STORED = {"matched": Point.MATCHED, "written": Point.WRITTEN}
STORED = {"committed": Point.COMMITTED, "pushed": Point.PUSHED, "marked": Point.MARKED}
STEPS = NOTHING_STORED | STORED
EMBEDDED_STEPS = ("matched", "written", "committed")


def cases(layout: str, *names: str, is_long: bool = False) -> list[object]:
    return [on(layout, STEPS[name], is_long=is_long, id=f"{layout}, {name}") for name in names]


def connect(stage: Stage) -> None:
    """A first publish behind a restart of Postgres, or push behind one of Faktory, fails with its old connection."""
    topic = new_topic("before")
    stage.books.subscribe(topic, f"{stage.receiver.url}/")
    stage.publish(stage.event(1, topic), topic)
    stage.books.wait_until_settled()


def publish_through(stage: Stage, point: Point, victims: str = "") -> tuple[int, bool]:
    """Publishes while somebody dies, and again with the same key; returns the first status, and whether it was stored.

    In the end each of its deliveries has arrived once.
    """
    topic = new_topic("publish")
    stage.books.subscribe_many(topic, f"{stage.receiver.url}/", SUBSCRIBERS)
    connect(stage)
    if victims == "faktory":
        assert stage.hub.stop_consumers() == [0], "nobody fetches: the job that Faktory has is lost with it"
    stage.order_death("web", point, victims)
    status, first = stage.try_publish(stage.event(1, topic), topic)
    stage.wait_for_death("web")
    stage.restart(victims)
    if not victims:  # the server itself gives up when its workers die one soon after another
        stage.hub.kill_web()
        stage.hub.start_web(**stage.mortal("web"))
    if "consumer" in victims:
        stage.bury(stage.hub.consumers[0])
    if not stage.hub.consumers:
        stage.books.pass_time()
        stage.start_consumer(**stage.mortal("consumer"))
    answer = stage.publish(stage.event(1, topic), topic)
    assert status != 202 or answer["id"] == first["id"]
    stage.books.wait_until_settled(60)
    told = stage.books.deliveries(topic)
    assert Counter(each.state for each in told) == {"delivered": SUBSCRIBERS}
    assert [stage.receiver.deliveries[each.id] for each in told] == [1] * SUBSCRIBERS
    return status, bool(answer["duplicate"])


@in_each(
    ("pair", "point"),
    [
        *cases(ALL_PARTS, *NOTHING_STORED),
        *cases(SQLITE_EMBEDDED, "written"),
        *cases(SQLITE_EMBEDDED, "matched", is_long=True),
        *cases(POSTGRES_EMBEDDED, *NOTHING_STORED, is_long=True),
        *cases(SQLITE_FAKTORY, *NOTHING_STORED, is_long=True),
    ],
)
def test_a_publish_whose_server_dies_before_the_commit_stores_nothing_and_can_be_repeated(
    stage: Stage, point: Point
) -> None:
    assert publish_through(stage, point) == (0, False)


@in_each(
    ("pair",),
    [
        on(ALL_PARTS),
        on(SQLITE_EMBEDDED),
        on(POSTGRES_EMBEDDED, is_long=True),
        on(SQLITE_FAKTORY, is_long=True),
    ],
)
def test_a_publish_whose_server_dies_after_the_commit_is_stored_once_and_delivered(stage: Stage) -> None:
    assert publish_through(stage, Point.COMMITTED) == (0, True)


@in_each(
    ("pair", "point", "is_stored"),
    [
        on(ALL_PARTS, Point.MATCHED_WITHOUT_KEY, False, id="matched"),
        on(ALL_PARTS, Point.COMMITTED, True, id="committed"),
        on(POSTGRES_EMBEDDED, Point.MATCHED_WITHOUT_KEY, False, is_long=True, id="embedded, matched"),
        on(POSTGRES_EMBEDDED, Point.COMMITTED, True, is_long=True, id="embedded, committed"),
    ],
)
def test_a_publish_without_a_key_whose_server_dies_is_stored_whole_or_not_at_all(
    stage: Stage, point: Point, is_stored: bool
) -> None:
    """On Postgres its event and its deliveries are written by one statement."""
    topic = new_topic("keyless")
    stage.books.subscribe_many(topic, f"{stage.receiver.url}/", SUBSCRIBERS)
    connect(stage)
    stage.order_death("web", point)
    assert stage.try_publish(stage.event(1, topic))[0] == 0
    stage.wait_for_death("web")
    assert stage.books.count("topic = '" + topic + "'", "event") == is_stored
    stage.books.wait_until_settled(60)
    assert [each.state for each in stage.books.deliveries(topic)] == ["delivered"] * SUBSCRIBERS * is_stored


@in_each(
    ("pair", "point"), [*cases(ALL_PARTS, "pushed", "marked"), *cases(SQLITE_FAKTORY, "pushed", "marked", is_long=True)]
)
def test_a_job_whose_pusher_dies_behind_the_push_or_the_mark_is_done_once(stage: Stage, point: Point) -> None:
    status, is_stored = publish_through(stage, point)
    assert is_stored
    assert status in (0, 202)


@in_each(("pair", "point"), [*cases(ALL_PARTS, *STEPS), *cases(POSTGRES_EMBEDDED, *EMBEDDED_STEPS, is_long=True)])
def test_a_publish_whose_postgres_dies_is_stored_as_the_answer_says(stage: Stage, point: Point) -> None:
    status, is_stored = publish_through(stage, point, "postgres")
    assert is_stored == (point in STORED.values())
    assert status in ((202, 503) if is_stored else (503,))


@in_each(("pair", "point"), [*cases(ALL_PARTS, *STEPS), *cases(SQLITE_FAKTORY, *STEPS, is_long=True)])
def test_a_publish_whose_faktory_dies_is_accepted_and_delivered(stage: Stage, point: Point) -> None:
    assert publish_through(stage, point, "faktory") == (202, True)


@in_each(("pair", "point"), [*cases(ALL_PARTS, *STEPS), *cases(SQLITE_EMBEDDED, *EMBEDDED_STEPS, is_long=True)])
def test_a_publish_during_which_the_consumer_dies_is_accepted_and_delivered(stage: Stage, point: Point) -> None:
    assert publish_through(stage, point, "consumer") == (202, True)
