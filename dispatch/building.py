"""Builds the HTTP request of a delivery from its event and its subscriber, by `requests`, as the original did."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from requests import PreparedRequest, RequestException

from dispatch import __version__
from dispatch.cloudevents import STRUCTURED_TYPE, attributes_for, binary_headers, structured
from dispatch.ledger.loading import LoadedEvent, LoadedSubscriber
from dispatch.payloads import parse_exact, parse_json, to_text
from dispatch.signing import SecretError, signature_headers
from dispatch.tracing.context import Trace
from subscribers.targets import TargetError, fill_target, placeholders

USER_AGENT = f"Switch/{__version__}"
#: Those of one connection (RFC 9110, section 7.6.1), and those that we or the transport set.
NEVER_FORWARDED = frozenset(
    [
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"),
        *("trailer", "transfer-encoding", "upgrade", "expect", "host", "content-length", "user-agent"),
    ]
)
OUR_PREFIXES = ("webhook-", "switch-")
TRACE_HEADERS = ("traceparent", "tracestate")
METHODS_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))


class RequestError(Exception):
    """No request can be built, now or later; the text says why."""


class BuiltRequest(NamedTuple):
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | None
    #: The subscriber's, from which `url` was filled.
    target_url: str = ""


class EventContent:
    """An event's payload, taken apart once for all of its deliveries."""

    def __init__(self, event: LoadedEvent) -> None:
        self.event = event
        self.data: dict[str, Any] = parse_json(event.payload)
        self.method = str(self.data.get("http_method") or "POST").upper()
        self.query = self.data.get("query_params") or {}
        self.path = {name: value for name, value in (self.data.get("path_params") or {}).items() if value is not None}
        self._formatted: dict[str, tuple[Sequence[tuple[str, str]], bytes | None]] = {}

    @cached_property
    def _exact(self) -> dict[str, Any]:
        exact: dict[str, Any] = parse_exact(self.event.payload, self.data)
        return exact

    @cached_property
    def body(self) -> bytes | None:
        """Compact UTF-8 JSON, numbers as they were received; None for a request without a body."""
        if not self._has_data:
            return b"{}" if self.method in METHODS_WITH_BODY else None
        return None if self.method == "HEAD" else to_text(self._exact["body"]).encode()

    @cached_property
    def headers(self) -> dict[str, str]:
        """The payload's headers that are passed on, and the content type."""
        given = self.data.get("headers") or {}
        passed = {name: value.strip() for name, value in given.items() if _is_forwarded(name)}
        if self.body is not None and not any(name.lower() == "content-type" for name in passed):
            passed["Content-Type"] = "application/json"
        return passed | {
            "User-Agent": USER_AGENT,
            "switch-event-id": str(self.event.id),
            "switch-topic": header_text(self.event.topic),
            "switch-author": header_text(self.event.author),
        }

    def formatted(self, body_format: str) -> tuple[Sequence[tuple[str, str]], bytes | None]:
        """Headers and body in one of the subscribers' formats, each made once."""
        if body_format not in self._formatted:
            self._formatted[body_format] = self._format(body_format)
        return self._formatted[body_format]

    def _format(self, body_format: str) -> tuple[Sequence[tuple[str, str]], bytes | None]:
        headers = list(self.headers.items())
        if self.event.trace is not None:
            headers = with_trace(headers, self.event.trace)
        if body_format == "plain":
            return headers, self.body
        attributes = attributes_for(self.data, self.event.id, self.event.topic, self.event.author)
        headers = [(name, value) for name, value in headers if not name.lower().startswith("ce-")]
        # Where no body can stand, the attributes still can.
        if body_format == "cloudevents_binary" or self.method not in METHODS_WITH_BODY:
            described, body = binary_headers(attributes), self.body if self._has_data else None
            if body is None or any(name == "Content-Type" for name, _ in described):
                headers = _without_content_type(headers)
            return headers + described, body
        whole = structured(attributes, self._exact.get("body"), has_body=self._has_data)
        return [*_without_content_type(headers), ("Content-Type", STRUCTURED_TYPE)], to_text(whole).encode()

    @property
    def _has_data(self) -> bool:
        return self._exact.get("body") is not None


def build(
    content: EventContent,
    subscriber: LoadedSubscriber,
    webhook_id: UUID,
    delivery_id: UUID,
    attempt: int,
    now: datetime,
) -> BuiltRequest:
    """The request of one attempt. `webhook_id` is that of the first delivery, if this one replays it.

    Raises RequestError if event and subscriber do not make a request.
    """
    try:
        filled = fill_target(subscriber.target_url, content.path)
        url = _with_query(filled, content.query) if content.query else _prepared(filled)
    except RequestException as error:
        raise RequestError(_fault_of(subscriber.target_url)) from error
    except (TargetError, UnicodeError) as error:
        raise RequestError(str(error)) from error
    of_event, body = content.formatted(subscriber.body_format)
    headers = [
        *of_event,
        ("switch-delivery-id", delivery := str(delivery_id)),
        ("switch-attempt", str(attempt)),
        ("webhook-id", delivery if webhook_id == delivery_id else str(webhook_id)),
    ]
    if subscriber.secrets:
        headers += _signature(subscriber.secrets, webhook_id, body or b"", now)
    return BuiltRequest(content.method, url, headers, body, subscriber.target_url)


def _signature(secrets: Sequence[str], webhook_id: UUID, body: bytes, now: datetime) -> list[tuple[str, str]]:
    try:
        return signature_headers(secrets, str(webhook_id), body, now)
    except SecretError as error:
        raise RequestError(str(error)) from error


def _with_query(url: str, query: dict[str, Any]) -> str:
    prepared = PreparedRequest()
    prepared.prepare_url(url, query)
    return prepared.url or url


def _fault_of(target_url: str) -> str:
    """Why no request can be made to it, without the event's values, which the errors of `requests` quote."""
    filled = fill_target(target_url, {name: name for name in placeholders(target_url)})
    try:
        _prepared(filled)
    except RequestException as error:
        reason = str(error).removeprefix(f"Invalid URL {filled!r}: ").removesuffix(".")
        return f"The URL {target_url!r} cannot be used: {reason}."
    return f"The URL {target_url!r} cannot be used with the parameters of this event."


@lru_cache(maxsize=10_000)
def _prepared(url: str) -> str:
    return _with_query(url, {})


def with_trace(headers: Sequence[tuple[str, str]], trace: Trace) -> list[tuple[str, str]]:
    """The headers with those of `trace` in the place of any other."""
    return [pair for pair in headers if pair[0].lower() not in TRACE_HEADERS] + trace.headers()


def _without_content_type(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in headers if pair[0].lower() != "content-type"]


def header_text(text: str) -> str:
    """`text` as a header's value: percent-encoded UTF-8 where it is not printable ASCII."""
    return text if text.isascii() and text.isprintable() else quote(text, safe=" !#$&'()*+,/:;=?@[]")


def _is_forwarded(name: str) -> bool:
    lowered = name.lower()
    return lowered not in NEVER_FORWARDED and not lowered.startswith(OUR_PREFIXES)
