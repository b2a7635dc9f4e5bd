"""The span of a publish says what was published and how it was answered, and is sent before the process ends."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from dispatch.publishing import Accepted, IdempotencyConflictError
from dispatch.tracing import publishes, running
from dispatch.tracing.context import Trace
from tests.flows.collector import Collector, Spotted

ID = UUID("01a21f17-6b3f-7544-949f-368a19824b78")
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def collector(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        settings.TRACES_ENDPOINT = collector.url
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        running.start()
        yield collector
        running.stop()


def published(collector: Collector, results: list[Any], status: int) -> Spotted:
    environ = {"wsgi.url_scheme": "http"}
    publishes.begin(environ)
    publishes.describe(environ[publishes.SPAN], results)  # type: ignore[arg-type]
    publishes.end(environ, status)
    running.stop()
    (span,) = collector.wait_for(1)
    return span


def test_batch_tells_how_many_and_no_id_of_one(collector: Collector) -> None:
    span = published(collector, [Accepted(ID, "a", 1), Accepted(ID, "b", 1)], 202)
    assert span.attributes["messaging.batch.message_count"] == 2
    assert "messaging.message.id" not in span.attributes
    assert "messaging.destination.name" not in span.attributes


def test_single_event_tells_its_id_and_topic(collector: Collector) -> None:
    span = published(collector, [Accepted(ID, "a", 3, is_duplicate=True)], 202)
    assert (span.attributes["messaging.message.id"], span.attributes["messaging.destination.name"]) == (str(ID), "a")
    assert (span.attributes["switch.matched"], span.attributes["switch.duplicate"]) == (3, True)
    assert (span.parent_id, span.is_error) == ("", False)


@pytest.mark.parametrize(("status", "is_error"), [(409, False), (503, True)])
def test_only_a_fault_of_the_servers_is_an_error(collector: Collector, status: int, is_error: bool) -> None:
    span = published(collector, [IdempotencyConflictError(ID, "key")], status)
    assert (span.attributes["http.response.status_code"], span.is_error) == (status, is_error)


def test_event_carries_the_span_of_its_publish(collector: Collector) -> None:
    environ: dict[str, Any] = {"wsgi.url_scheme": "http", "HTTP_TRACEPARENT": PARENT}
    assert publishes.trace_of(environ) == Trace(PARENT)
    publishes.begin(environ)
    trace = publishes.trace_of(environ)
    assert trace is not None
    assert trace.trace_id == Trace(PARENT).trace_id
    assert trace.span_id != Trace(PARENT).span_id


@pytest.mark.usefixtures("collector")
def test_what_the_publisher_does_not_record_is_carried_on_unrecorded() -> None:
    environ: dict[str, Any] = {"wsgi.url_scheme": "http", "HTTP_TRACEPARENT": f"{PARENT[:-1]}0"}
    publishes.begin(environ)
    trace = publishes.trace_of(environ)
    assert trace is not None
    assert (trace.trace_id, trace.flags & 1) == (Trace(PARENT).trace_id, 0)
