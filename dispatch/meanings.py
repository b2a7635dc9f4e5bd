"""Says in a sentence what an outcome means, and whether the receiver may have acted on the request. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from dispatch.outcomes import ErrorKind


class Resend(StrEnum):
    """Whether to send the request again may make the receiver act twice."""

    SAFE = "safe"  # it never got the request
    UNSURE = "unsure"  # it may have acted before the answer was lost
    DONE = "done"  # it took the request
    REFUSED = "refused"  # it got the request, and said that it did not take it


@dataclass(frozen=True, slots=True)
class Meaning:
    what: str
    resend: Resend

    @property
    def advice(self) -> str:
        return ADVICE[self.resend]

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"


ADVICE = {
    Resend.SAFE: "To send it again is safe: the receiver never saw the request.",
    Resend.UNSURE: (
        "The receiver may have acted on it: to send it again is safe only if it knows the request by its webhook-id."
    ),
    Resend.DONE: "To send it again would be a repetition, which the receiver can tell by the webhook-id.",
    Resend.REFUSED: "To send it again is safe if the receiver does nothing before it refuses, as it should.",
}
ERRORS = {
    ErrorKind.DNS: ("The name of the host was not found.", Resend.SAFE),
    ErrorKind.CONNECT: ("Nobody answered at that address and port.", Resend.SAFE),
    ErrorKind.CONNECT_TIMEOUT: ("No connection came about in time.", Resend.SAFE),
    ErrorKind.TLS: ("The connection could not be secured: handshake or certificate failed.", Resend.SAFE),
    ErrorKind.FORBIDDEN_ADDRESS: ("The hub's rules forbid this address, port or scheme.", Resend.SAFE),
    ErrorKind.BAD_REQUEST: ("No request can be built from this event for this subscriber.", Resend.SAFE),
    ErrorKind.IDLE_TIMEOUT: ("The receiver fell silent before it had answered.", Resend.UNSURE),
    ErrorKind.TOTAL_TIMEOUT: ("The whole exchange took too long, and was given up.", Resend.UNSURE),
    ErrorKind.RESET: ("The receiver closed the connection before it had answered.", Resend.UNSURE),
    ErrorKind.PROTOCOL: ("What came back is not HTTP, or its head is too large.", Resend.UNSURE),
    ErrorKind.CUT_OFF: ("The hub's consumer was stopped before the answer came.", Resend.UNSURE),
    ErrorKind.INTERNAL: ("A fault of the hub's own cut it off; its log tells more.", Resend.UNSURE),
}
STATUSES = {
    401: "The receiver does not accept the credentials.",
    403: "The receiver forbids it.",
    404: "The receiver has nothing at this URL.",
    408: "The receiver did not get the whole request in time.",
    410: "The receiver says that this is gone for good.",
    413: "The body is too large for the receiver.",
    429: "The receiver asked to be sent less.",
    503: "The receiver is not available for now.",
    504: "A gateway waited in vain for the receiver behind it.",
}
#: Said by a gateway that may have passed the request on.
BY_A_GATEWAY = (502, 504)


def meaning(status: int | None, error_kind: str) -> Meaning:
    """Of one try: its status, or the kind of its error, of which one is given."""
    return _of_status(status) if status is not None else Meaning(*ERRORS[ErrorKind(error_kind)])


def _of_status(status: int) -> Meaning:
    if 200 <= status < 300:
        return Meaning("The receiver took it.", Resend.DONE)
    if 300 <= status < 400:
        return Meaning("The receiver answered with a redirect, and those are never followed.", Resend.REFUSED)
    if status in STATUSES:
        return Meaning(STATUSES[status], Resend.UNSURE if status in BY_A_GATEWAY else Resend.REFUSED)
    if status >= 500:
        return Meaning("The receiver failed while it worked on the request.", Resend.UNSURE)
    return Meaning("The receiver refused the request.", Resend.REFUSED)
