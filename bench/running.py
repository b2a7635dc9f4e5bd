"""Carries out one scenario on a running hub: seed, publish, wait for the deliveries, work out the figures."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.compiled import Tools
from bench.hub import Hub
from bench.load import Answers, Load, publish
from bench.receiver import Arrivals, Receiver
from bench.scenarios import Figure, Scenario
from bench.seeding import NewSubscriber

WAIT_SECONDS = 120
#: Before a scenario on a new consumer: connections open, code is loaded, every process has worked.
WARM_UP = Load(events=300)
NEVER = 'data["body"]["padding"] == "never published"'


@dataclass(frozen=True)
class Stage:
    hub: Hub
    receiver: Receiver
    tools: Tools


@dataclass(frozen=True)
class Result:
    """A scenario's figures; `problem` is empty if every event was accepted and every delivery came."""

    scenario: Scenario
    figures: Mapping[Figure, float]
    deliveries: int
    duplicates: int
    problem: str


def prepare(stage: Stage) -> None:
    """Once a hub, before its scenarios."""
    _seed(stage, Scenario("warm-up", WARM_UP, {}, fan_out=1))


def run(stage: Stage, scenario: Scenario) -> Result:
    """Raises ProcessError if a part of the hub ends while it is measured."""
    _seed(stage, scenario)
    if scenario.stored_first:
        stage.hub.stop_consumer()
    elif stage.hub.ensure_consumer(scenario.consumer_processes):
        _warm_up(stage)
    stage.receiver.reset()
    answers = publish(stage.tools, stage.hub, scenario.name, scenario.load)
    stage.hub.ensure_consumer(scenario.consumer_processes)
    expected = answers.sent * scenario.fan_out
    arrivals = stage.receiver.wait(expected, WAIT_SECONDS)
    stage.hub.check()
    problem = answers.problem or _missing(arrivals, expected)
    return Result(scenario, _figures(answers, arrivals), arrivals.distinct, arrivals.duplicates, problem)


def _seed(stage: Stage, scenario: Scenario) -> None:
    takers = [_subscriber(stage, scenario, number, "") for number in range(scenario.fan_out)]
    others = [_subscriber(stage, scenario, number, NEVER) for number in range(scenario.bystanders)]
    stage.hub.subscribe(takers + others)


def _subscriber(stage: Stage, scenario: Scenario, number: int, filter_expression: str) -> NewSubscriber:
    return NewSubscriber(scenario.name, filter_expression, stage.receiver.target_url(f"{scenario.name}-{number}"))


def _warm_up(stage: Stage) -> None:
    stage.receiver.reset()
    answers = publish(stage.tools, stage.hub, "warm-up", WARM_UP)
    stage.receiver.wait(answers.sent, WAIT_SECONDS)


def _missing(arrivals: Arrivals, expected: int) -> str:
    if arrivals.distinct >= expected:
        return ""
    return f"{arrivals.distinct} of {expected} deliveries came within {WAIT_SECONDS} s"


def _figures(answers: Answers, arrivals: Arrivals) -> dict[Figure, float]:
    published = {
        Figure.PUBLISHED: answers.events_per_second,
        Figure.ANSWER_P50: answers.p50_ms,
        Figure.ANSWER_P99: answers.p99_ms,
    }
    if arrivals.distinct < 2:
        return published
    return published | {
        Figure.DELIVERED: arrivals.distinct / _seconds(answers.started_ns, arrivals.last_ns),
        Figure.DRAINED: (arrivals.distinct - 1) / _seconds(arrivals.first_ns, arrivals.last_ns),
        Figure.DELIVERY_P50: arrivals.p50_ms,
        Figure.DELIVERY_P99: arrivals.p99_ms,
    }


def _seconds(begun_ns: int, ended_ns: int) -> float:
    return max(ended_ns - begun_ns, 1) / 1e9
