"""What is measured, as data: to measure something else is to add an entry."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from bench.load import Load

#: R, requests a second, on the machine on which the targets were set: they hold as ratios to it.
TARGET_REFERENCE = 2200
SHORT_DIVISOR = 6


class Figure(StrEnum):
    """Everything that each scenario yields; the unit is in the name."""

    PUBLISHED = "published_per_second"
    ANSWER_P50 = "answer_p50_ms"
    ANSWER_P99 = "answer_p99_ms"
    #: From the first publish until the receiver has seen the last delivery.
    DELIVERED = "delivered_per_second"
    #: From the first delivery that the receiver saw until the last.
    DRAINED = "drained_per_second"
    #: From the moment the publish was due until the receiver saw the delivery.
    DELIVERY_P50 = "delivery_p50_ms"
    DELIVERY_P99 = "delivery_p99_ms"

    @property
    def is_rate(self) -> bool:
        return self.value.endswith("_per_second")


@dataclass(frozen=True)
class Scenario:
    """One measurement.

    `fan_out` subscribers take every event, `bystanders` have a filter that takes none. The figures shown are the
    `headlines`, each with its target by layout, as it would be where R is TARGET_REFERENCE; a layout that is not
    named has none. With `stored_first` the consumer is stopped until everything is published.
    """

    name: str
    load: Load
    headlines: Mapping[Figure, Mapping[str, float]]
    fan_out: int = 0
    bystanders: int = 0
    consumer_processes: int | None = None  # None: what the command takes by itself
    stored_first: bool = False

    def shortened(self) -> Self:
        return replace(self, load=self.load.shortened(SHORT_DIVISOR))


def everywhere(target: float) -> dict[str, float]:
    return {"sqlite": target, "postgres": target, "faktory": target}


def fan_out(size: int, events: int, targets: Mapping[str, float]) -> Scenario:
    return Scenario(f"fan-out-{size}", Load(events), {Figure.DELIVERED: targets}, fan_out=size)


WIDE = {"sqlite": 9000, "postgres": 9000, "faktory": 7000}

SCENARIOS = (
    Scenario("publish", Load(12_000), {Figure.PUBLISHED: {"sqlite": 2400, "postgres": 1500, "faktory": 1500}}),
    Scenario("publish-batch-100", Load(60_000, batch=100), {Figure.PUBLISHED: everywhere(15_000)}),
    fan_out(1, 6_000, everywhere(1200)),
    fan_out(10, 2_400, everywhere(6000)),
    fan_out(100, 400, WIDE),
    fan_out(1000, 40, WIDE),
    Scenario(
        "latency-100",
        Load(rate=100, seconds=18),
        {
            Figure.DELIVERY_P50: {"sqlite": 8.0, "postgres": 8.0, "faktory": 2.9},
            Figure.DELIVERY_P99: {"sqlite": 20.0, "postgres": 20.0, "faktory": 4.0},
        },
        fan_out=1,
    ),
    Scenario("answer-1000", Load(rate=4, seconds=6), {Figure.ANSWER_P50: everywhere(4.0)}, fan_out=1000),
    Scenario(
        "drain",
        Load(600, batch=20, clients=4),
        {Figure.DRAINED: everywhere(9000)},
        fan_out=100,
        consumer_processes=1,
        stored_first=True,
    ),
)
