"""What happened in one HTTP try, and what to do about it. Pure: knows no framework and no database."""

from enum import StrEnum
from typing import NamedTuple


class ErrorKind(StrEnum):
    """Why a try brought no complete response head. The value is stored and shown."""

    DNS = "dns"  # the name did not resolve
    CONNECT = "connect"  # refused, unreachable
    CONNECT_TIMEOUT = "connect_timeout"  # name and connection together took too long
    TLS = "tls"  # handshake or certificate
    IDLE_TIMEOUT = "idle_timeout"  # too long without a byte
    TOTAL_TIMEOUT = "total_timeout"  # the whole exchange took too long
    RESET = "reset"  # the peer closed or reset before a complete head
    PROTOCOL = "protocol"  # what came back is not HTTP, or its head is too large
    FORBIDDEN_ADDRESS = "forbidden_address"  # policy refuses the address, the port or the scheme: permanent
    BAD_REQUEST = "bad_request"  # no request can be built from event and subscriber: permanent
    CUT_OFF = "cut_off"  # this consumer was stopped before the answer came
    INTERNAL = "internal"  # a fault of ours


#: In the place of a kind, for a delivery whose last try is none: no request could be built, or none was got to.
UNSENT = "unsent"
PERMANENT_ERRORS = frozenset({ErrorKind.FORBIDDEN_ADDRESS, ErrorKind.BAD_REQUEST})


class Timing(NamedTuple):
    """Milliseconds since the try began; None for a phase that was not reached."""

    name_lookup_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    total_ms: float = 0.0


class Outcome(NamedTuple):
    """What happened in one try.

    `status` is set if and only if a complete response head arrived; `error_kind` if and only if none did.
    `headers` keep the order and the case received; `body` holds at most the first 4 KiB.
    """

    status: int | None = None
    error_kind: ErrorKind | None = None
    error: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timing: Timing = Timing()
