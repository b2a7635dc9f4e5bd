"""What is to be sent, and how long it may take."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to resolve and connect (TLS included), without a byte, and for the whole exchange."""

    connect_seconds: float = 5.0
    idle_seconds: float = 15.0
    total_seconds: float = 30.0


class Exchange(NamedTuple):
    """One request. `url` is absolute and ASCII, and its path is sent as it stands, dot segments included.

    Nothing is sent besides `headers`, but for `Host` and `Content-Length`, which come from the URL and the body.
    `body` None means no body: POST, PUT and PATCH then say `Content-Length: 0`. HEAD never sends one.
    """

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None
    timeouts: Timeouts = Timeouts()
