"""Spans by OpenTelemetry's SDK, and their export in the background. Imported only where traces are on."""

import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

from dispatch import __version__
from dispatch.tracing.context import Trace, read_trace

#: How long a process that ends waits for its last spans to be taken.
LAST_SECONDS = 5.0
KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT}

Attributes = Mapping[str, str | int | bool]

logger = logging.getLogger(__name__)


class Span:
    """One span that has begun. `trace` is its own place, for what it causes; None if nothing is traced."""

    def __init__(self, span: api.Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.trace = read_trace(
            f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}",
            context.trace_state.to_header(),
        )

    def describe(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def end(self, error: str = "", at: datetime | None = None) -> None:
        """`error` says what failed. `at` is when it ended, if not now."""
        if error:
            self._span.set_status(Status(StatusCode.ERROR, error))
        self._span.end(None if at is None else _nanoseconds(at))


class Tracer:
    """Begins spans; what has ended is sent every few seconds by a thread, and dropped while no collector takes it."""

    def __init__(self) -> None:
        own = Resource({"service.name": "switch", "service.version": __version__})
        self._provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(TellingExporter(OTLPSpanExporter())))
        self._tracer = self._provider.get_tracer("switch", __version__)

    def begin(
        self,
        name: str,
        kind: Literal["server", "client"],
        attributes: Attributes,
        *,
        parent: Trace | None = None,
        origin: Trace | None = None,
        at: datetime | None = None,
    ) -> Span:
        """A span under `parent`, or the first of a new trace; `origin` is what it repeats, to which it is linked."""
        span = self._tracer.start_span(
            name,
            api.set_span_in_context(NonRecordingSpan(_context(parent))) if parent else Context(),
            kind=KINDS[kind],
            attributes=attributes,
            links=[Link(_context(origin))] if origin else None,
            start_time=None if at is None else _nanoseconds(at),
        )
        return Span(span)

    def close(self) -> None:
        """Sends what is left, for as long as a process may wait for it."""
        # The SDK's own shutdown waits for up to 30 s for a collector that does not answer.
        last = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        last.start()
        last.join(LAST_SECONDS)


class TellingExporter(SpanExporter):
    """Says once that the collector does not take spans, and once that it takes them again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            logger.warning("The collector does not take spans; they are dropped. Publishing and delivering go on.")
        elif self._is_away and not is_away:
            logger.info("The collector takes spans again.")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _context(trace: Trace) -> SpanContext:
    return SpanContext(
        int(trace.trace_id, 16),
        int(trace.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(trace.flags),
        trace_state=TraceState.from_header([trace.tracestate]) if trace.tracestate else None,
    )


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
