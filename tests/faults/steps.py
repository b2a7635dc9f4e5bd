"""What the tests of steps have in common: the pairs they run on, and a delivery while somebody dies."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.faults.books import Told
from tests.faults.points import Point
from tests.faults.stage import SUBSCRIBERS, Stage

SQLITE_EMBEDDED, SQLITE_FAKTORY = "sqlite-embedded", "sqlite-faktory"
POSTGRES_EMBEDDED, POSTGRES_FAKTORY = "postgres-embedded", "postgres-faktory"
#: On these each step is done, and everything can die.
ALL_PARTS = POSTGRES_FAKTORY
MARKS = {"postgres": pytest.mark.postgres, "faktory": pytest.mark.faktory}
EVENTS = 10
_numbers = itertools.count(1)


def new_topic(name: str) -> str:
    return f"{name}.{next(_numbers)}"


def on(layout: str, *values: object, is_long: bool = False, id: str = "") -> object:
    """The parameters of one case: it needs what the pair needs, and repeats another pair's if it is long."""
    marks = [mark for part, mark in MARKS.items() if part in layout.split("-")]
    return pytest.param(layout, *values, marks=[*marks, *([pytest.mark.long] if is_long else [])], id=id or layout)


def in_each(names: tuple[str, ...], cases: Sequence[object]) -> pytest.MarkDecorator:
    """Parametrizes a test of steps; the first name is the pair. Of a scope that keeps one stage for all on a pair."""
    return pytest.mark.parametrize(names, cases, indirect=["pair"], scope="package")


@dataclass(frozen=True)
class Aftermath:
    """The deliveries, and how often too often each of them arrived."""

    topic: str
    told: list[Told]
    surplus: Counter[bytes]
    #: Settled at the moment of the death.
    recorded: set[bytes]

    @property
    def lost(self) -> Counter[bytes]:
        return Counter({each.id: each.lost_claims for each in self.told if each.lost_claims})


def deliver_through(
    stage: Stage,
    point: Point,
    victims: str = "",
    subscribers: int = SUBSCRIBERS,
    then: tuple[Point, str] | None = None,
) -> Aftermath:
    """Delivers while the consumer dies at `point`, or the servers in `victims` do; all is delivered in the end.

    `then` is where the next consumer dies, or the servers that it stands on.
    """
    topic, events = new_topic("steps"), EVENTS if subscribers == SUBSCRIBERS else 1
    stage.books.subscribe_many(topic, f"{stage.receiver.url}/", subscribers)
    stage.order_death("consumer", point, victims)
    stage.publish([stage.event(number, topic) for number in range(events)], topic)
    stage.wait_for_death("consumer")
    recorded = set() if victims else {each.id for each in stage.books.deliveries(topic) if each.state == "delivered"}
    recover(stage, victims, then)
    stage.books.wait_until_settled(90)
    told = stage.books.deliveries(topic)
    ids = {each.id for each in told}
    assert Counter(each.state for each in told) == {"delivered": events * subscribers}
    assert ids <= stage.receiver.deliveries.keys()
    surplus = stage.receiver.surplus()
    after = Aftermath(topic, told, Counter({name: surplus[name] for name in ids if surplus[name]}), recorded)
    assert after.surplus <= after.lost, "what comes twice had lost its claim"
    return after


def recover(stage: Stage, victims: str, then: tuple[Point, str] | None) -> None:
    """Brings back what has died, and lets the leases of the dead end."""
    stage.restart(victims)
    if not victims:
        stage.bury(stage.hub.consumers[0])
    if victims != "postgres":
        stage.books.pass_time()
    if then:
        stage.order_death("consumer", *then)
        stage.hub.start_consumer(**stage.mortal("consumer"))
        stage.wait_for_death("consumer")
        recover(stage, then[1], None)
    elif not victims:
        stage.start_consumer(**stage.mortal("consumer"))
