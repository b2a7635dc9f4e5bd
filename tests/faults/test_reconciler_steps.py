"""A consumer dies, and then the one that reconciles, or what it stands on, dies over what the first has left."""

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

VICTIMS = {"consumer": "", "Faktory": "faktory", "Postgres": "postgres"}


def cases(layout: str, point: Point, *names: str, is_long: bool = False) -> list[object]:
    step = point.name.lower().replace("_", " ")
    return [on(layout, point, VICTIMS[name], is_long=is_long, id=f"{layout}, {step}, {name}") for name in names]


@in_each(
    ("pair", "point", "victims"),
    [
        *cases(ALL_PARTS, Point.RECOVERED, *VICTIMS),
        *cases(ALL_PARTS, Point.PUSHED_AGAIN, *VICTIMS),
        *cases(SQLITE_EMBEDDED, Point.RECOVERED, "consumer", is_long=True),
        *cases(POSTGRES_EMBEDDED, Point.RECOVERED, "consumer", "Postgres", is_long=True),
        *cases(SQLITE_FAKTORY, Point.RECOVERED, "consumer", "Faktory", is_long=True),
        *cases(SQLITE_FAKTORY, Point.PUSHED_AGAIN, "consumer", "Faktory", is_long=True),
    ],
)
def test_a_reconciler_that_dies_leaves_its_work_to_the_next(stage: Stage, point: Point, victims: str) -> None:
    """Between finding what another had claimed and pushing it, or between the push and the mark.

    A consumer that dies may have sent some of it meanwhile: that comes twice, and has lost its claim.
    """
    after = deliver_through(stage, Point.CLAIMED, then=(point, victims))
    assert after.lost
    assert not (victims and after.surplus)
