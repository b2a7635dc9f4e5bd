"""What one request publishes: its events, and how what became of them is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from dispatch import cloudevents, problems
from dispatch.answers import json_answer
from dispatch.authentication import Publisher
from dispatch.bodies import Body, parse_body, read_binary_event, read_event
from dispatch.payloads import PayloadError
from dispatch.problems import ContentTooLargeError, TopicForbiddenError
from dispatch.publishing import Accepted, IdempotencyConflictError, NewEvent, Result
from dispatch.tracing import publishes

if TYPE_CHECKING:
    from dispatch.tracing.exporting import Span

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

#: Characters of payloads in a batch whose data stay in memory until they are matched; the others are read again then.
KEPT_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Publication:
    """`events` are good and to be stored. `answers` has one place an item of a batch, filled where the item is bad."""

    events: list[NewEvent]
    answers: list[dict[str, Any]] | None = None  # None: a single event, no batch
    span: "Span | None" = None

    def within(self, environ: dict[str, Any]) -> "Publication":
        """The same with its events in the trace of the request, or of what they carry where it has none."""
        received, is_single = publishes.received(environ), self.answers is None
        span = publishes.span_of(environ, self.events[0].trace if is_single else None)
        trace = span.trace if span is not None else received
        if trace is None:
            return self
        # The span of a batch can have but one parent: what an item carries is its own.
        leads = is_single or received is not None
        events = [event if event.trace and not leads else replace(event, trace=trace) for event in self.events]
        return replace(self, events=events, span=span)

    def answer(self, results: Sequence[Result]) -> HttpResponse:
        """The answer, given what became of each event. Raises IdempotencyConflictError for a single one."""
        if self.span is not None:
            publishes.describe(self.span, results)
        if self.answers is not None:
            described = map(_describe, results)
            return json_answer({"results": [answer or next(described) for answer in self.answers]}, 202)
        (result,) = results
        if isinstance(result, IdempotencyConflictError):
            raise result
        return json_answer(_accepted(result), 202)


def read_publication(
    publisher: Publisher,
    received: bytes,
    key: str | None,
    headers: Mapping[str, str] = NO_HEADERS,
    content_type: str = "",
) -> Publication:
    """`headers` are those of a CloudEvent in the binary mode, empty if it is none.

    Raises what `problems.describe` describes, if there is nothing to publish.
    """
    if headers:
        return Publication([_allowed(publisher, read_binary_event(headers, received, publisher.author))])
    body, is_cloudevent = parse_body(received), cloudevents.is_declared(content_type)
    if body.is_batch:
        return _read_batch(publisher, body, key, is_cloudevent)
    [item] = body.items
    event = read_event(*item, publisher.author, key, is_cloudevent=is_cloudevent)
    return Publication([_allowed(publisher, event)])


def _allowed(publisher: Publisher, event: NewEvent) -> NewEvent:
    if not publisher.may_publish(event.topic):
        raise TopicForbiddenError(event.topic)
    return event


def _read_batch(publisher: Publisher, body: Body, key: str | None, is_cloudevent: bool) -> Publication:
    """What is wrong with one item does not spoil the others."""
    events: list[NewEvent] = []
    answers: list[dict[str, Any]] = []
    size = 0
    for index, item in enumerate(body.items):
        answer, own_key = {}, f"{key}/{index}" if key else None
        try:
            event = _allowed(publisher, read_event(*item, publisher.author, own_key, is_cloudevent=is_cloudevent))
            size += len(event.payload)
            events.append(event if size <= KEPT_READ else event.unread())
        except (PayloadError, ContentTooLargeError, TopicForbiddenError) as error:
            answer = {"problem": problems.describe(error)}
        answers.append(answer)
    return Publication(events, answers)


def _describe(result: Result) -> dict[str, Any]:
    if isinstance(result, IdempotencyConflictError):
        return {"problem": problems.describe(result)}
    return _accepted(result)


def _accepted(accepted: Accepted) -> dict[str, Any]:
    return {
        "id": str(accepted.id),
        "topic": accepted.topic,
        "matched": accepted.matched,
        "duplicate": accepted.is_duplicate,
    }
