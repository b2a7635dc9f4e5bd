"""The load: publishes by the compiled client and tells how the hub answered."""

import json
import resource
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from bench.compiled import GO_ENVIRONMENT, Tools
from bench.hub import Hub
from bench.processes import ROOT, ProcessError

TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Load:
    """`events` as fast as they are answered; or, where `rate` (a second) is set, on schedule for so many `seconds`.

    The body of an event is `payload`, the text of a JSON object, or so much padding.
    """

    events: int = 0
    clients: int = 16
    batch: int = 1
    rate: float = 0
    seconds: float = 0
    padding_bytes: int = 100
    payload: str = ""

    def shortened(self, divisor: int) -> Self:
        events = max(self.events // divisor, self.batch)
        return replace(self, events=events, seconds=self.seconds / divisor)

    def paced(self, pace: float) -> Self:
        return replace(self, rate=self.rate * pace)

    def arguments(self, payload_file: Path) -> list[str]:
        """The client's; the payload is written to the file if there is one."""
        amount = ["-rate", self.rate, "-seconds", self.seconds] if self.rate else ["-events", self.events]
        rest = ["-clients", self.clients, "-batch", self.batch, "-size", self.padding_bytes]
        if self.payload:
            payload_file.write_text(self.payload)
            rest += ["-payload", payload_file]
        return [str(word) for word in (*amount, *rest)]


@dataclass(frozen=True)
class Answers:
    """How the hub answered. `sent` counts the accepted events; `problem` is empty if that is all of them."""

    sent: int
    started_ns: int
    events_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_seconds: float
    problem: str


def publish(tools: Tools, hub: Hub, topic: str, load: Load) -> Answers:
    """Publishes on the topic until the load is spent. Raises ProcessError if the client itself fails."""
    command = [str(tools.load), "-url", f"{hub.url}/publish", "-token", hub.token, "-topic", topic]
    used = _children_cpu_seconds()
    with tempfile.NamedTemporaryFile() as payload:
        command += load.arguments(Path(payload.name))
        done = subprocess.run(
            command, env=GO_ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    if done.returncode:
        raise ProcessError(f"The load failed: {done.stderr}")
    return _answers(json.loads(done.stdout), _children_cpu_seconds() - used)


def _answers(told: dict[str, Any], cpu_seconds: float) -> Answers:
    latency = told["latency_ms"]
    counts = told["sent"], told["started_ns"], told["per_second"], latency["p50"], latency["p99"]
    return Answers(*counts, cpu_seconds, _problem(told))


def _problem(told: dict[str, Any]) -> str:
    if not told["errors"] and not told["problems"] and set(told["statuses"]) == {"202"}:
        return ""
    counts = f"{told['errors']} errors, {told['problems']} refused in batches, statuses {told['statuses']}"
    return f"{counts}: {told['first_error']}"


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
