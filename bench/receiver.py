"""The receiver: one compiled process that stands for all subscribers and tells what reached them."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests

from bench.compiled import GO_ENVIRONMENT, Tools
from bench.processes import Process

START_SECONDS = 10


@dataclass(frozen=True)
class Arrivals:
    """What came since the last reset. Times in nanoseconds since 1970, latencies in milliseconds since the publish.

    `distinct` and the latencies are those of one group of subscribers, the rest is everybody's.
    """

    requests: int
    distinct: int
    duplicates: int
    first_ns: int
    last_ns: int
    p50_ms: float
    p99_ms: float

    @classmethod
    def read(cls, stats: dict[str, Any], group: str) -> Self:
        counts = {name: stats[name] for name in ("requests", "duplicates", "first_ns", "last_ns")}
        part = stats["by_group"].get(group)
        latency = part["latency_ms"] if part else {"p50": 0.0, "p99": 0.0}
        distinct = part["distinct"] if part else 0
        return cls(**counts, distinct=distinct, p50_ms=latency["p50"], p99_ms=latency["p99"])


class Receiver:
    """Runs while the context is open."""

    def __init__(self, tools: Tools, directory: Path) -> None:
        self._command = [str(tools.receiver), "-track"]
        self._log = directory / "receiver.log"
        self._session = requests.Session()

    def __enter__(self) -> Self:
        self._process = Process(self._command, GO_ENVIRONMENT, self._log)
        self._url = f"http://127.0.0.1:{self._port()}"
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.close()
        self._process.stop()

    @property
    def process_id(self) -> int:
        return self._process.process_id

    def target_url(self, name: str) -> str:
        """Where the subscriber of that name receives; what stands before a slash in it is its group."""
        return f"{self._url}/s/{name}"

    def reset(self) -> None:
        self._session.post(f"{self._url}/_reset", timeout=START_SECONDS).raise_for_status()

    def release(self) -> None:
        """Answers all requests that hang."""
        self._session.post(f"{self._url}/_release", timeout=START_SECONDS).raise_for_status()

    def wait(self, count: int, timeout_seconds: float, group: str = "good") -> Arrivals:
        """What came, once so many different deliveries reached the group, or after the time."""
        query: dict[str, str | float] = {"count": count, "of": "distinct", "group": group}
        query["timeout_seconds"] = timeout_seconds
        answer = self._session.get(f"{self._url}/_wait", params=query, timeout=timeout_seconds + START_SECONDS)
        return Arrivals.read(answer.json(), group)

    def _port(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.is_running:
            line = self._log.read_text().partition("\n")
            if line[1]:
                return int(json.loads(line[0])["port"])
            time.sleep(0.01)
        raise self._process.failure("The receiver does not listen.")
