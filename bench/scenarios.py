"""What is measured, as data: to measure something else is to add an entry."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

from bench.crowds import FAILING, HANGING, SLOW, Crowd, bad, bystanders, takers
from bench.figures import Figure
from bench.load import Load

#: R, requests a second, on the machine on which the targets were set: they hold as ratios to it.
TARGET_REFERENCE = 2200
SHORT_DIVISOR = 6

Targets = Mapping[str, float]


class Consumer(Enum):
    """When the consumer runs."""

    ALONGSIDE = "while events are published"
    AFTERWARDS = "once all are published"
    AFTER_A_WIPE = "once all are published and the broker's store is wiped"
    NEVER = "not at all"


@dataclass(frozen=True)
class Scenario:
    """One measurement.

    The figures shown are the `headlines`, each with its target by layout, as it would be where R is TARGET_REFERENCE;
    a layout that is not named has none. `against` names the scenario whose figures this one's are held against.
    """

    name: str
    load: Load
    headlines: Mapping[Figure, Targets]
    crowds: tuple[Crowd, ...] = ()
    consumer: Consumer = Consumer.ALONGSIDE
    consumer_processes: int | None = None  # None: what the command takes by itself
    against: str = ""
    is_paced: bool = False  # a slower machine gets its load at a slower rate, as its pace is
    is_matching_measured: bool = False
    layouts: Collection[str] = field(default=("sqlite", "postgres", "faktory"))

    @property
    def fan_out(self) -> int:
        """Deliveries to wait for, an event."""
        return sum(crowd.count for crowd in self.crowds if crowd.is_awaited)

    @property
    def leaves_work(self) -> bool:
        """Whether deliveries are still waiting when its figures are known."""
        return self.consumer is Consumer.NEVER or any(crowd.behaviour or crowd.domain for crowd in self.crowds)

    def shortened(self) -> Self:
        return replace(self, load=self.load.shortened(SHORT_DIVISOR))


def everywhere(target: float) -> Targets:
    return {"sqlite": target, "postgres": target, "faktory": target}


def _fan_out(size: int, events: int, targets: Targets) -> Scenario:
    return Scenario(f"fan-out-{size}", Load(events), {Figure.DELIVERED: targets}, (takers(size),))


def _steady(name: str, size: int, rate: float, seconds: float) -> Scenario:
    shown: dict[Figure, Targets] = {Figure.DELIVERY_P50: {}, Figure.DELIVERY_P99: {}}
    return Scenario(name, Load(rate=rate, seconds=seconds), shown, (takers(size),), is_paced=True)


def _beside(name: str, base: Scenario, seconds: float, disturbers: Crowd, targets: Targets) -> Scenario:
    """`base` with disturbers among its subscribers: how many times longer do the others wait?"""
    return replace(
        base,
        name=name,
        load=replace(base.load, seconds=seconds),
        headlines={Figure.DELIVERY_P99: {}, Figure.DELIVERY_P99_TIMES: targets},
        crowds=(takers(base.fan_out - disturbers.count), disturbers),
        against=base.name,
    )


def _matching(filters: int) -> Scenario:
    """Without a consumer, which would be busy reading a hundred thousand filters as well."""
    crowds = (
        Crowd(MATCHING, filter_expression=f'data["body"]["customer"] == "c7" and {LARGE}'),
        bystanders(filters - MATCHING, f'data["body"]["customer"] == "d{{number}}" and {LARGE}'),
    )
    load = Load(rate=20, seconds=2, payload='{"customer": "c7", "total": 250}')
    shown: dict[Figure, Targets] = {Figure.MATCH_P50: {}, Figure.ANSWER_P50: {}}
    return Scenario(f"match-{filters}", load, shown, crowds, Consumer.NEVER, is_matching_measured=True)


MATCHING = 10
LARGE = 'data["body"]["total"] > 100'
WIDE = {"sqlite": 9000, "postgres": 9000, "faktory": 7000}
HEALTHY_20 = _steady("healthy-20", 20, 50, 12)
HEALTHY_100 = _steady("healthy-100", 100, 20, 12)

SCENARIOS = (
    Scenario("publish", Load(12_000), {Figure.PUBLISHED: {"sqlite": 2400, "postgres": 1500, "faktory": 1500}}),
    Scenario("publish-batch-100", Load(60_000, batch=100), {Figure.PUBLISHED: everywhere(15_000)}),
    _fan_out(1, 6_000, everywhere(1200)),
    _fan_out(10, 2_400, everywhere(6000)),
    _fan_out(100, 400, WIDE),
    _fan_out(1000, 40, WIDE),
    Scenario(
        "latency-100",
        Load(rate=100, seconds=18),
        {
            Figure.DELIVERY_P50: {"sqlite": 8.0, "postgres": 8.0, "faktory": 2.9},
            Figure.DELIVERY_P99: {"sqlite": 20.0, "postgres": 20.0, "faktory": 4.0},
        },
        (takers(1),),
    ),
    Scenario("answer-1000", Load(rate=4, seconds=6), {Figure.ANSWER_P50: everywhere(4.0)}, (takers(1000),)),
    Scenario(
        "drain",
        Load(1_000, batch=20, clients=4),
        {Figure.DRAINED: everywhere(9000), Figure.MEMORY: everywhere(150)},
        (takers(100),),
        consumer=Consumer.AFTERWARDS,
        consumer_processes=1,
    ),
    HEALTHY_20,
    _beside("hanging-1-of-20", HEALTHY_20, 25, bad(1, HANGING), everywhere(2.0)),
    HEALTHY_100,
    _beside("hanging-1-of-100", HEALTHY_100, 25, bad(1, HANGING), everywhere(2.0)),
    _beside("hanging-20-of-100", HEALTHY_100, 25, bad(20, HANGING), everywhere(4.0)),
    _beside("failing-10-of-100", HEALTHY_100, 15, bad(10, FAILING), {}),
    _beside("slow-5-of-100", HEALTHY_100, 15, bad(5, SLOW), {}),
    _beside("nameless-10-of-100", HEALTHY_100, 15, bad(10, domain="invalid"), {}),
    Scenario(
        "wiped-broker",
        Load(1_000),
        {Figure.KEPT: everywhere(1.0)},
        (takers(1),),
        consumer=Consumer.AFTER_A_WIPE,
        layouts=("faktory",),
    ),
    Scenario(
        "answer-1000-alone",
        Load(rate=4, seconds=5),
        {Figure.ANSWER_P50: everywhere(4.0)},
        (takers(1000),),
        consumer=Consumer.NEVER,
    ),
    # "No more" than with a thousand: a tenth is what two runs differ by.
    # Without a consumer: a hundred thousand deliveries an event would keep it busy for the rest of the run.
    Scenario(
        "answer-100000-alone",
        Load(rate=4, seconds=5),
        {Figure.ANSWER_P50: everywhere(4.0), Figure.ANSWER_P50_TIMES: everywhere(1.1)},
        (takers(100_000),),
        consumer=Consumer.NEVER,
        against="answer-1000-alone",
    ),
    _matching(100),
    replace(
        _matching(100_000),
        headlines={Figure.MATCH_P50: {}, Figure.ANSWER_P50: {}, Figure.MATCH_P50_TIMES: everywhere(2.0)},
        against="match-100",
    ),
)


def chosen(names: Iterable[str]) -> list[Scenario]:
    """The scenarios of these names, all without any, and those they are held against."""
    wanted = set(names) or {scenario.name for scenario in SCENARIOS}
    wanted |= {scenario.against for scenario in SCENARIOS if scenario.name in wanted}
    return [scenario for scenario in SCENARIOS if scenario.name in wanted]
