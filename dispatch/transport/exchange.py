"""What is to be sent, and how long it may take."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to resolve and connect, without a byte, and for the whole exchange."""

    connect_seconds: float = 5.0
    idle_seconds: float = 15.0
    total_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request. `url` is absolute and ASCII; `headers` are all that is sent besides Host and Content-Length."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None
    timeouts: Timeouts = Timeouts()
