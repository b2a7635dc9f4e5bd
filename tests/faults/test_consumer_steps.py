"""A consumer, or what it stands on, dies at each step of a delivery: nothing is lost, and twice comes only what may."""

import pytest

from tests.faults.points import Point
from tests.faults.stage import Stage
from tests.faults.steps import (
    ALL_PARTS,
    POSTGRES_EMBEDDED,
    SQLITE_EMBEDDED,
    SQLITE_FAKTORY,
    deliver_through,
    in_each,
    on,
)

pytestmark = pytest.mark.timeout(240)

#: More than one chunk, so that a fan-out can stop in the middle.
WIDE_SUBSCRIBERS = 1_100
STEPS = {
    "fetched": Point.FETCHED,
    "claimed": Point.CLAIMED,
    "loaded": Point.LOADED,
    "answered": Point.ANSWERED,
    "recorded": Point.RECORDED,
    "told": Point.TOLD,
}
#: The others are none where the rows are the jobs.
EMBEDDED_STEPS = ("claimed", "loaded", "answered", "recorded")


def cases(layout: str, *names: str, is_long: bool = False) -> list[object]:
    return [on(layout, STEPS[name], is_long=is_long, id=f"{layout}, {name}") for name in names]


def on_every_pair(*names: str) -> list[object]:
    """On all parts in each run, and what is most likely to go wrong on SQLite by itself; all else in the long one."""
    on_sqlite = [name for name in names if name in ("claimed", "answered")]
    return [
        *cases(ALL_PARTS, *names),
        *cases(SQLITE_EMBEDDED, *on_sqlite),
        *cases(SQLITE_EMBEDDED, *(name for name in names if name not in on_sqlite), is_long=True),
        *cases(POSTGRES_EMBEDDED, *names, is_long=True),
        *cases(SQLITE_FAKTORY, *names, is_long=True),
    ]


@in_each(
    ("pair", "point"),
    [*cases(ALL_PARTS, "fetched"), *cases(SQLITE_FAKTORY, "fetched", is_long=True)],
)
def test_a_job_that_a_dead_consumer_had_fetched_and_not_claimed_is_pushed_again(stage: Stage, point: Point) -> None:
    after = deliver_through(stage, point)
    assert not after.surplus


@in_each(("pair", "point"), on_every_pair("claimed", "loaded"))
def test_what_a_dead_consumer_had_claimed_and_not_sent_comes_once(stage: Stage, point: Point) -> None:
    after = deliver_through(stage, point)
    assert not after.surplus
    assert after.lost


@in_each(("pair", "point"), on_every_pair("answered"))
def test_what_a_dead_consumer_had_sent_and_not_recorded_comes_twice_and_is_counted(stage: Stage, point: Point) -> None:
    assert deliver_through(stage, point).surplus


@in_each(("pair", "point"), on_every_pair("recorded"))
def test_what_a_dead_consumer_had_recorded_comes_once(stage: Stage, point: Point) -> None:
    """What it had sent meanwhile and not recorded may come twice."""
    after = deliver_through(stage, point)
    assert after.recorded
    assert not after.recorded & (after.surplus.keys() | after.lost.keys())


@in_each(
    ("pair", "point"),
    [*cases(ALL_PARTS, "told"), *cases(SQLITE_FAKTORY, "told", is_long=True)],
)
def test_a_job_that_was_told_to_the_queue_or_not_is_done_when_it_is_recorded(stage: Stage, point: Point) -> None:
    after = deliver_through(stage, point)
    assert after.recorded
    assert not after.recorded & (after.surplus.keys() | after.lost.keys())


@in_each(
    ("pair", "point"),
    [*cases(ALL_PARTS, *STEPS), *cases(POSTGRES_EMBEDDED, *EMBEDDED_STEPS, is_long=True)],
)
def test_a_consumer_outlives_its_postgres_at_every_step(stage: Stage, point: Point) -> None:
    assert not deliver_through(stage, point, "postgres").surplus


@in_each(
    ("pair", "point"),
    [*cases(ALL_PARTS, *STEPS), *cases(SQLITE_FAKTORY, *STEPS, is_long=True)],
)
def test_a_consumer_outlives_its_faktory_at_every_step(stage: Stage, point: Point) -> None:
    assert not deliver_through(stage, point, "faktory").surplus


@in_each(
    ("pair", "victims"),
    [
        on(ALL_PARTS, "", id="all parts, consumer"),
        on(ALL_PARTS, "faktory", id="all parts, Faktory"),
        on(ALL_PARTS, "postgres", id="all parts, Postgres"),
        on(SQLITE_EMBEDDED, "", id=SQLITE_EMBEDDED),
        on(POSTGRES_EMBEDDED, "", is_long=True, id=f"{POSTGRES_EMBEDDED}, consumer"),
        on(POSTGRES_EMBEDDED, "postgres", is_long=True, id=f"{POSTGRES_EMBEDDED}, Postgres"),
        on(SQLITE_FAKTORY, "", is_long=True, id=f"{SQLITE_FAKTORY}, consumer"),
        on(SQLITE_FAKTORY, "faktory", is_long=True, id=f"{SQLITE_FAKTORY}, Faktory"),
    ],
)
def test_a_fan_out_that_stopped_in_the_middle_goes_on_where_it_was(stage: Stage, victims: str) -> None:
    after = deliver_through(stage, Point.CHUNK_WRITTEN, victims, WIDE_SUBSCRIBERS)
    assert len(after.told) == WIDE_SUBSCRIBERS
    assert stage.books.count(f"topic = '{after.topic}' AND matched = {WIDE_SUBSCRIBERS}", "event") == 1
