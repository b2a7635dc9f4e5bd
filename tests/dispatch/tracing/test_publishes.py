"""The span of a publish says what was published and how it was answered, and is sent before the process ends."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from dispatch.publications import Publication
from dispatch.publishing import Accepted, IdempotencyConflictError, NewEvent
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
    environ: dict[str, Any] = {"wsgi.url_scheme": "http"}
    publishes.begin(environ)
    span = publishes.span_of(environ)
    assert span is not None
    publishes.describe(span, results)
    publishes.end(environ, status)
    running.stop()
    (sent,) = collector.wait_for(1)
    return sent


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


def test_the_span_is_under_the_publisher_s(collector: Collector) -> None:
    environ: dict[str, Any] = {"wsgi.url_scheme": "http", "HTTP_TRACEPARENT": PARENT}
    assert publishes.received(environ) == Trace(PARENT)
    publishes.begin(environ)
    span = publishes.span_of(environ, Trace(PARENT.replace("4bf9", "aaaa")))
    assert span is not None
    assert span.trace is not None
    assert span.trace.trace_id == Trace(PARENT).trace_id
    assert span.trace.span_id != Trace(PARENT).span_id
    assert publishes.span_of(environ) is span


@pytest.mark.usefixtures("collector")
def test_what_the_publisher_does_not_record_is_carried_on_unrecorded() -> None:
    environ: dict[str, Any] = {"wsgi.url_scheme": "http", "HTTP_TRACEPARENT": f"{PARENT[:-1]}0"}
    publishes.begin(environ)
    span = publishes.span_of(environ)
    assert span is not None
    assert span.trace is not None
    assert (span.trace.trace_id, span.trace.flags & 1) == (Trace(PARENT).trace_id, 0)


def test_a_publish_that_is_refused_before_its_events_are_known_has_its_span(collector: Collector) -> None:
    environ: dict[str, Any] = {"wsgi.url_scheme": "http", "HTTP_TRACEPARENT": PARENT}
    publishes.begin(environ)
    publishes.end(environ, 400)
    running.stop()
    (span,) = collector.wait_for(1)
    assert (span.trace_id, span.attributes["http.response.status_code"]) == (Trace(PARENT).trace_id, 400)


def new(trace: Trace | None) -> NewEvent:
    return NewEvent("a", "shop", {}, "{}", None, trace)


def traces_of(publication: Publication, environ: dict[str, Any]) -> list[Trace | None]:
    return [event.trace for event in publication.within(environ).events]


def test_items_of_a_batch_keep_the_traces_they_carry(collector: Collector) -> None:
    """The others are in the trace of the publish, and so are all where it came with one."""
    batch = Publication([new(Trace(PARENT)), new(None)], [{}, {}])
    environ: dict[str, Any] = {"wsgi.url_scheme": "http"}
    publishes.begin(environ)
    own, of_publish = traces_of(batch, environ)
    assert own == Trace(PARENT)
    assert of_publish == environ[publishes.SPAN].trace
    assert of_publish is not None
    assert of_publish.trace_id != Trace(PARENT).trace_id
    traced = {"HTTP_TRACEPARENT": PARENT.replace("4bf9", "aaaa")}
    assert {trace.traceparent for trace in traces_of(batch, traced) if trace} == set(traced.values())


def test_without_a_collector_events_keep_the_traces_they_carry() -> None:
    assert traces_of(Publication([new(Trace(PARENT))]), {}) == [Trace(PARENT)]
    assert traces_of(Publication([new(None)]), {}) == [None]
