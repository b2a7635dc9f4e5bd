"""The span of one attempt: begun when its request is sent, ended once it is known what came of it."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from dispatch.building import BuiltRequest, with_trace
from dispatch.consumer.settlements import Settled
from dispatch.consumer.work import Work
from dispatch.tracing.running import tracer


def begin(work: Work) -> None:
    """Begins the span, and lets the request carry it. A replay is a trace of its own, linked to its origin's."""
    tracing = tracer()
    if tracing is None or work.request is None:
        return
    is_replay = work.claim.replay_of is not None
    work.span = tracing.begin(
        f"deliver {work.topic}",
        "client",
        _attributes(work, work.request),
        parent=None if is_replay else work.trace,
        origin=work.trace if is_replay else None,
        at=work.started_at,
    )
    if work.span.trace is not None:
        work.request = work.request._replace(headers=with_trace(work.request.headers, work.span.trace))


def end(batch: Iterable[Settled]) -> None:
    """Ends the spans of what was sent."""
    for done in batch:
        if done.work.span is not None:
            _end(done)


def _end(done: Settled) -> None:
    work, settlement = done.work, done.settlement
    span, outcome = work.span, work.outcome
    if span is None or outcome is None or work.started_at is None:
        return
    span.describe({"switch.delivery.state": settlement.state, "switch.verdict": done.verdict.act.value})
    if outcome.status is not None:
        span.describe({"http.response.status_code": outcome.status})
    if settlement.last_error:
        span.describe({"error.type": str(outcome.error_kind or outcome.status)})
    # The kind alone: the text of an error may name a URL.
    error = str(outcome.error_kind or f"HTTP {outcome.status}") if settlement.last_error else ""
    span.end(error, work.started_at + timedelta(milliseconds=outcome.timing.total_ms))


def _attributes(work: Work, request: BuiltRequest) -> dict[str, str | int | bool]:
    """No path and no query: they hold what opens a subscriber's door."""
    target = urlsplit(request.url)
    found: dict[str, str | int | bool] = {
        "http.request.method": request.method,
        "server.address": target.hostname or "",
        "server.port": target.port or (443 if target.scheme == "https" else 80),
        "url.scheme": target.scheme,
        "messaging.system": "switch",
        "messaging.operation.name": "deliver",
        "messaging.operation.type": "send",
        "messaging.destination.name": work.topic,
        "messaging.message.id": str(work.claim.event_id),
        "switch.delivery.id": str(work.claim.delivery_id),
        "switch.subscriber.id": work.subscriber.id,
        "switch.attempt": work.attempt_number,
    }
    if work.claim.attempts:
        found["http.request.resend_count"] = work.claim.attempts
    if work.claim.replay_of:
        found["switch.replay_of"] = str(work.claim.replay_of)
    return found
