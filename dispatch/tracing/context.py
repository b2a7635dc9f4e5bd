"""A place in a trace, as W3C Trace Context has it in headers (https://www.w3.org/TR/trace-context/). Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any

TRACEPARENT = re.compile(r"(?P<version>[0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?P<more>-.*)?")
TRACESTATE_MEMBER = re.compile(
    r"[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
#: Section 3.3: so many members at most, and so many characters that must at least be passed on; no more are kept.
MAX_MEMBERS = 32
MAX_TRACESTATE = 512
NOTHING = "{}"


@dataclass(frozen=True, slots=True)
class Trace:
    """The span that something belongs to; `traceparent` is valid and of version 00, `tracestate` may be empty."""

    traceparent: str
    tracestate: str = ""

    @property
    def trace_id(self) -> str:
        return self.traceparent[3:35]

    @property
    def span_id(self) -> str:
        return self.traceparent[36:52]

    @property
    def flags(self) -> int:
        return int(self.traceparent[53:], 16)

    def headers(self) -> list[tuple[str, str]]:
        given = [("traceparent", self.traceparent), ("tracestate", self.tracestate)]
        return [(name, value) for name, value in given if value]

    def as_attributes(self) -> str:
        """JSON, as an event keeps it."""
        return json.dumps(dict(self.headers()))


def read_trace(traceparent: str, tracestate: str = "") -> Trace | None:
    """What two headers say; None if `traceparent` is invalid. An invalid `tracestate` is left out, by the standard.

    A version yet to come is read as far as version 00 goes, and becomes that.
    """
    found = TRACEPARENT.fullmatch(traceparent.strip())
    if not found or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return None
    _, trace_id, span_id, flags, _ = found.groups()
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    return Trace(f"00-{trace_id}-{span_id}-{flags}", _checked(tracestate))


def carried_by(data: Any) -> Trace | None:
    """The trace in a payload: of the headers that it passes on, or of its CloudEvent's extension for tracing."""
    if not isinstance(data, dict):
        return None
    for given in (data.get("headers"), data.get("cloudevent")):
        found = {name.lower(): value for name, value in given.items()} if isinstance(given, dict) else {}
        if isinstance(traceparent := found.get("traceparent"), str):
            return read_trace(traceparent, str(found.get("tracestate") or ""))
    return None


def from_attributes(attributes: str) -> Trace | None:
    """The trace among an event's attributes, which are JSON; None if they are damaged."""
    if attributes == NOTHING:
        return None
    try:
        given = json.loads(attributes)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    return read_trace(str(given.get("traceparent", "")), str(given.get("tracestate", "")))


def _checked(tracestate: str) -> str:
    members = [member.strip(" \t") for member in tracestate.split(",")]
    members = [member for member in members if member]
    text = ",".join(members)
    is_valid = len(members) <= MAX_MEMBERS and len(text) <= MAX_TRACESTATE
    return text if is_valid and all(map(TRACESTATE_MEMBER.fullmatch, members)) else ""
