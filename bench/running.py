"""Carries out one scenario on a running hub: seed, publish, wait for the deliveries, work out the figures."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain

from bench import usage
from bench.compiled import Tools
from bench.crowds import Crowd
from bench.figures import Figure
from bench.hub import Hub
from bench.layouts import Services
from bench.load import Answers, Load, publish
from bench.processes import ROOT, ProcessError
from bench.receiver import Arrivals, Receiver
from bench.references import References
from bench.scenarios import Consumer, Scenario

WAIT_SECONDS = 150
#: Before a scenario on a new consumer: connections open, code is loaded, every process has worked.
WARM_UP = Scenario("warm-up", Load(events=300), {}, (Crowd(1, "warm"),))
#: Before any other: web server and consumer know the newest subscribers.
AWAKE = Load(events=1, clients=1)

UNKNOWN = References(0, 0, 0)


@dataclass(frozen=True)
class Stage:
    """`observe` opens what is to look on while events are published and delivered."""

    hub: Hub
    receiver: Receiver
    tools: Tools
    services: Services
    observe: Callable[[Hub], AbstractContextManager[None]] = lambda hub: nullcontext()

    def cpu_seconds(self) -> dict[str, float]:
        """Used so far, by part."""
        parts = {**self.hub.processes(), **self.services.processes(), "receiver": self.receiver.process_id}
        return {name: usage.cpu_seconds(process_id) for name, process_id in parts.items()}

    def consumer_mib(self) -> float:
        return usage.resident_mib(self.hub.processes().get("consumer", 0))


@dataclass(frozen=True)
class Result:
    """A scenario's figures; `problem` is empty if every event was accepted and every delivery came.

    `cpu_us` is the CPU time of each part for one delivery, or for one event where none is waited for; `pace` is what
    the scenario's rate was multiplied by.
    """

    scenario: Scenario
    figures: Mapping[Figure, float]
    deliveries: int
    duplicates: int
    cpu_us: Mapping[str, float]
    problem: str
    references: References = UNKNOWN
    pace: float = 1.0


def prepare(stage: Stage) -> None:
    """Once a hub, before its scenarios."""
    _seed(stage, WARM_UP)


def run(stage: Stage, scenario: Scenario, pace: float = 1.0) -> Result:
    """`pace` is that of the machine, for scenarios that keep to it.

    Raises ProcessError if a part of the hub ends while it is measured.
    """
    pace = pace if scenario.is_paced else 1.0
    _seed(stage, scenario)
    _warm_up(stage, scenario)
    before = stage.cpu_seconds()
    stage.receiver.reset()
    with stage.observe(stage.hub):
        answers = publish(stage.tools, stage.hub, scenario.name, scenario.load.paced(pace))
        if scenario.consumer is Consumer.AFTER_A_WIPE and stage.services.wipe_broker:
            stage.services.wipe_broker()
        arrivals = _delivered(stage, scenario, answers.sent * scenario.fan_out)
    used = stage.cpu_seconds()
    spent = {part: _since(seconds, before.get(part, 0)) for part, seconds in used.items()}
    spent["load"] = answers.cpu_seconds
    stage.hub.check()
    result = replace(_result(stage, scenario, answers, arrivals, spent), pace=pace)
    _clear(stage, scenario)
    return result


def _since(seconds: float, before: float) -> float:
    """What a part has used meanwhile; one that has used less than before was started anew."""
    return seconds - before if seconds >= before else seconds


def _seed(stage: Stage, scenario: Scenario) -> None:
    crowds = (crowd.subscribers(scenario.name, stage.receiver) for crowd in scenario.crowds)
    stage.hub.subscribe(chain.from_iterable(crowds))


def _warm_up(stage: Stage, scenario: Scenario) -> None:
    if scenario.consumer is not Consumer.ALONGSIDE:
        stage.hub.stop_consumer()
        publish(stage.tools, stage.hub, "warm-up", AWAKE)
        return
    is_new = stage.hub.ensure_consumer(scenario.consumer_processes)
    stage.receiver.reset()
    answers = publish(stage.tools, stage.hub, "warm-up", WARM_UP.load if is_new else AWAKE)
    stage.receiver.wait(answers.sent, WAIT_SECONDS, "warm")


def _delivered(stage: Stage, scenario: Scenario, expected: int) -> Arrivals:
    if scenario.consumer is Consumer.NEVER:
        return stage.receiver.wait(0, 0)
    stage.hub.ensure_consumer(scenario.consumer_processes)
    return stage.receiver.wait(expected, WAIT_SECONDS)


def _clear(stage: Stage, scenario: Scenario) -> None:
    stage.receiver.release()
    if scenario.leaves_work:
        stage.hub.stop_consumer()
    stage.hub.clear()


def _result(
    stage: Stage, scenario: Scenario, answers: Answers, arrivals: Arrivals, spent: Mapping[str, float]
) -> Result:
    is_awaited = bool(scenario.fan_out) and scenario.consumer is not Consumer.NEVER
    expected = answers.sent * scenario.fan_out if is_awaited else 0
    figures = _answered(answers) | (_arrived(answers, arrivals) if arrivals.distinct > 1 else {})
    if is_awaited:
        figures |= {Figure.KEPT: min(arrivals.distinct / max(expected, 1), 1.0), Figure.MEMORY: stage.consumer_mib()}
    if scenario.is_matching_measured:
        figures[Figure.MATCH_P50] = _match_p50_ms(stage.hub, scenario)
    units = max(arrivals.distinct if is_awaited else answers.sent, 1)
    cpu_us = {part: seconds / units * 1e6 for part, seconds in spent.items()}
    problem = answers.problem or _missing(arrivals, expected)
    return Result(scenario, figures, arrivals.distinct, arrivals.duplicates, cpu_us, problem)


def _missing(arrivals: Arrivals, expected: int) -> str:
    if arrivals.distinct >= expected:
        return ""
    return f"{arrivals.distinct} of {expected} deliveries came within {WAIT_SECONDS} s"


def _answered(answers: Answers) -> dict[Figure, float]:
    return {
        Figure.PUBLISHED: answers.events_per_second,
        Figure.ANSWER_P50: answers.p50_ms,
        Figure.ANSWER_P99: answers.p99_ms,
    }


def _arrived(answers: Answers, arrivals: Arrivals) -> dict[Figure, float]:
    return {
        Figure.DELIVERED: arrivals.distinct / _seconds(answers.started_ns, arrivals.last_ns),
        Figure.DRAINED: (arrivals.distinct - 1) / _seconds(arrivals.first_ns, arrivals.last_ns),
        Figure.DELIVERY_P50: arrivals.p50_ms,
        Figure.DELIVERY_P99: arrivals.p99_ms,
    }


def _seconds(begun_ns: int, ended_ns: int) -> float:
    return max(ended_ns - begun_ns, 1) / 1e9


def _match_p50_ms(hub: Hub, scenario: Scenario) -> float:
    data = json.dumps({"body": json.loads(scenario.load.payload)})
    command = [sys.executable, "-m", "bench.matched", scenario.name, data]
    done = subprocess.run(command, env=hub.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProcessError(f"Matching could not be measured:\n{done.stderr[-2000:]}")
    told = json.loads(done.stdout)
    if told["matched"] != scenario.fan_out:
        raise ProcessError(f"{told['matched']} subscribers matched, not {scenario.fan_out}.")
    return float(told["p50_ms"])
