"""Headers of W3C Trace Context are kept if they are valid, and nothing else is."""

from typing import Any

import pytest

from dispatch.tracing.context import NOTHING, Trace, carried_by, from_attributes, read_trace

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.mark.parametrize(
    "given", [PARENT, f" {PARENT} ", f"01-{TRACE_ID}-{SPAN_ID}-01", f"cc-{TRACE_ID}-{SPAN_ID}-01-x"]
)
def test_valid_traceparent_is_read(given: str) -> None:
    assert read_trace(given) == Trace(PARENT)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "00",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"{PARENT}-more",
        f"cc-{TRACE_ID}-{SPAN_ID}-01.x",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"{PARENT}, {PARENT}",
        f"{PARENT}\nx: y",
    ],
)
def test_invalid_traceparent_is_none(given: str) -> None:
    assert read_trace(given) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a=1,b@c=2", "a=1,b@c=2"),
        (" a=1 ,, b=x y ", "a=1,b=x y"),
        ("A=1", ""),
        ("a", ""),
        ("a=é", ""),
        ("a=1\nb: 2", ""),
        (",".join(f"k{number}=1" for number in range(33)), ""),
        (f"a={'x' * 256},b={'x' * 256}", ""),
    ],
)
def test_tracestate_is_kept_if_it_is_valid(given: str, kept: str) -> None:
    assert read_trace(PARENT, given) == Trace(PARENT, kept)


@pytest.mark.parametrize("trace", [Trace(PARENT), Trace(PARENT, "a=1")])
def test_event_keeps_trace(trace: Trace) -> None:
    assert from_attributes(trace.as_attributes()) == trace


@pytest.mark.parametrize("attributes", [NOTHING, '{"other": 1}', '{"traceparent": 1}'])
def test_attributes_without_a_trace_have_none(attributes: str) -> None:
    assert from_attributes(attributes) is None


def test_parts_of_a_trace() -> None:
    trace = Trace(PARENT)
    assert (trace.trace_id, trace.span_id, trace.flags) == (TRACE_ID, SPAN_ID, 1)


@pytest.mark.parametrize(
    "data",
    [
        {"headers": {"TraceParent": PARENT, "tracestate": "a=1"}},
        {"cloudevent": {"traceparent": PARENT, "tracestate": "a=1"}},
        {"headers": {"X": "y"}, "cloudevent": {"traceparent": PARENT, "tracestate": "a=1"}},
        {"headers": {"traceparent": PARENT, "tracestate": "a=1"}, "cloudevent": {"traceparent": PARENT[:-1] + "0"}},
    ],
)
def test_a_payload_carries_a_trace_in_its_headers_or_its_cloudevent(data: Any) -> None:
    assert carried_by(data) == Trace(PARENT, "a=1")


@pytest.mark.parametrize(
    "data", [[1], {}, {"headers": None}, {"headers": {"traceparent": "00-1"}}, {"cloudevent": {"traceparent": 7}}]
)
def test_another_payload_carries_none(data: Any) -> None:
    assert carried_by(data) is None
