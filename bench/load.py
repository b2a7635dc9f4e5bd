"""The load: publishes by the compiled client and tells how the hub answered."""

import json
import subprocess
from dataclasses import dataclass, replace
from typing import Self

from bench.compiled import GO_ENVIRONMENT, Tools
from bench.hub import Hub
from bench.processes import ROOT, ProcessError

TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Load:
    """`events` as fast as they are answered; or, where `rate` (a second) is set, on schedule for so many `seconds`."""

    events: int = 0
    clients: int = 16
    batch: int = 1
    rate: float = 0
    seconds: float = 0
    padding_bytes: int = 100

    def shortened(self, divisor: int) -> Self:
        events = max(self.events // divisor, self.batch)
        return replace(self, events=events, seconds=self.seconds / divisor)

    def arguments(self) -> list[str]:
        amount = ["-rate", self.rate, "-seconds", self.seconds] if self.rate else ["-events", self.events]
        rest = ["-clients", self.clients, "-batch", self.batch, "-size", self.padding_bytes]
        return [str(word) for word in (*amount, *rest)]


@dataclass(frozen=True)
class Answers:
    """How the hub answered. `sent` counts the accepted events; `problem` is empty if that is all of them."""

    sent: int
    started_ns: int
    events_per_second: float
    p50_ms: float
    p99_ms: float
    problem: str


def publish(tools: Tools, hub: Hub, topic: str, load: Load) -> Answers:
    """Publishes on the topic until the load is spent. Raises ProcessError if the client itself fails."""
    command = [str(tools.load), "-url", f"{hub.url}/publish", "-token", hub.token, "-topic", topic, *load.arguments()]
    done = subprocess.run(
        command, env=GO_ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    if done.returncode:
        raise ProcessError(f"The load failed: {done.stderr}")
    told = json.loads(done.stdout)
    problem = ""
    if told["errors"] or told["problems"] or set(told["statuses"]) != {"202"}:
        counts = f"{told['errors']} errors, {told['problems']} refused in batches, statuses {told['statuses']}"
        problem = f"{counts}: {told['first_error']}"
    latency = told["latency_ms"]
    return Answers(told["sent"], told["started_ns"], told["per_second"], latency["p50"], latency["p99"], problem)
