"""What a try brought, in words: for the results by which tries are counted."""

from http import HTTPStatus

from dispatch.outcomes import UNSENT, ErrorKind

WORDS: dict[str, str] = {
    ErrorKind.DNS: "its name does not resolve",
    ErrorKind.CONNECT: "no connection",
    ErrorKind.CONNECT_TIMEOUT: "no connection in time",
    ErrorKind.TLS: "no trusted connection (TLS)",
    ErrorKind.IDLE_TIMEOUT: "no answer: too long without a byte",
    ErrorKind.TOTAL_TIMEOUT: "no answer in time",
    ErrorKind.RESET: "it closed the connection",
    ErrorKind.PROTOCOL: "what it answers is not HTTP",
    ErrorKind.FORBIDDEN_ADDRESS: "its address is not allowed",
    ErrorKind.BAD_REQUEST: "no request can be built",
    ErrorKind.CUT_OFF: "cut off: the consumer was stopped",
    ErrorKind.INTERNAL: "a fault of the hub: see its log",
    UNSENT: "it was not sent",
}


def in_words(result: str) -> str:
    """Such as: 503 Service Unavailable, no connection."""
    if not result.isdigit():
        return WORDS.get(result, result)
    try:
        return f"{result} {HTTPStatus(int(result)).phrase}"
    except ValueError:
        return result
