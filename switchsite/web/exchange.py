"""One request and its answer, between the event loop and the threads."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class Exchange:
    """`environ` is the request, its body included; `size` that body's bytes."""

    environ: dict[str, Any]
    size: int
    is_publish: bool
    answered: asyncio.Future[Answer]
    came_at: float = field(default_factory=time.monotonic)
