"""A collector on loopback that takes spans by OTLP over HTTP and decodes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.flows.receiver import Answer, Received, Receiver


@dataclass(frozen=True)
class Spotted:
    """A span as it came; ids in hexadecimal, `links` as pairs of trace and span."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    is_error: bool
    attributes: dict[str, Any]
    links: list[tuple[str, str]]
    service: str


class Collector:
    """Answers 200, or what `answer` says."""

    def __init__(self, answer: Callable[[Received], Answer] = lambda request: Answer()) -> None:
        self.receiver = Receiver(answer)

    @property
    def url(self) -> str:
        return self.receiver.url

    def spans(self) -> list[Spotted]:
        return [span for request in list(self.receiver.requests) for span in _decoded(request)]

    def wait_for(self, count: int) -> list[Spotted]:
        self.receiver.wait_until(lambda: len(self.spans()) >= count)
        return self.spans()

    def __enter__(self) -> Self:
        self.receiver.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.receiver.__exit__(*exception)


def _decoded(request: Received) -> list[Spotted]:
    assert request.path == "/v1/traces"
    assert request.headers["content-type"] == "application/x-protobuf"
    message = ExportTraceServiceRequest.FromString(request.body)
    return [
        _spotted(span, _values(resource.resource.attributes)["service.name"])
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _spotted(span: SpanMessage, service: str) -> Spotted:
    return Spotted(
        span.name,
        SpanMessage.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.status.code == Status.STATUS_CODE_ERROR,
        _values(span.attributes),
        [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        service,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
