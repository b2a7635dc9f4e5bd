"""The span of a publish, from the web server's thread to the answer; and which trace its events are to carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from dispatch.publishing import Accepted, IdempotencyConflictError
from dispatch.tracing.context import Trace, read_trace
from dispatch.tracing.running import tracer

if TYPE_CHECKING:
    from dispatch.tracing.exporting import Span

#: Where a request's environ holds its span, and when that began.
SPAN = "switch.span"
BEGAN_AT = "switch.began_at"


def begin(environ: dict[str, Any]) -> None:
    """Notes when the publish that `environ` is began. Its span is made later: its parent may stand in the body."""
    if tracer() is not None:
        environ[BEGAN_AT] = timezone.now()


def end(environ: dict[str, Any], status: int) -> None:
    """A client's fault is an answer to the server, and no error (OpenTelemetry's conventions for HTTP spans)."""
    span = span_of(environ)
    if span is not None:
        span.describe({"http.response.status_code": status} | ({"error.type": str(status)} if status >= 500 else {}))
        span.end(f"Answered {status}." if status >= 500 else "")


def span_of(environ: dict[str, Any], carried: Trace | None = None) -> Span | None:
    """The publish's span, under the publisher's own: that of the request, else the one that its event carries."""
    if SPAN not in environ and BEGAN_AT in environ and (tracing := tracer()) is not None:
        environ[SPAN] = tracing.begin(
            "POST /publish",
            "server",
            {
                "http.request.method": "POST",
                "http.route": "/publish",
                "url.path": "/publish",
                "url.scheme": environ["wsgi.url_scheme"],
                "messaging.system": "switch",
                "messaging.operation.name": "publish",
                "messaging.operation.type": "send",
            },
            parent=received(environ) or carried,
            at=environ[BEGAN_AT],
        )
    span: Span | None = environ.get(SPAN)
    return span


def describe(span: Span, results: Sequence[Accepted | IdempotencyConflictError]) -> None:
    accepted = [result for result in results if isinstance(result, Accepted)]
    topics = {result.topic for result in accepted}
    if len(topics) == 1:
        span.describe({"messaging.destination.name": topics.pop()})
    if len(results) != 1:
        span.describe({"messaging.batch.message_count": len(results)})
    elif accepted:
        (only,) = accepted
        span.describe({"messaging.message.id": str(only.id), "switch.duplicate": only.is_duplicate})
        if only.matched is not None:
            span.describe({"switch.matched": only.matched})


def received(environ: dict[str, Any]) -> Trace | None:
    """What the publish's own headers say, if that is valid."""
    given = environ.get("HTTP_TRACEPARENT")
    return read_trace(given, environ.get("HTTP_TRACESTATE", "")) if given else None
