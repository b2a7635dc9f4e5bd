"""What an attempt has sent and got, as people may see it: from the ledger's texts, the body from the event again."""

import json
from dataclasses import dataclass

from dispatch.building import EventContent
from dispatch.cloudevents import STRUCTURED_TYPE
from dispatch.curl import as_curl, header_pairs
from dispatch.ledger.loading import LoadedEvent
from dispatch.models import Attempt, Event
from dispatch.payloads import parse_json
from dispatch.revealing import Veil, masked
from dispatch.viewing import seen_headers, seen_text, seen_url


@dataclass(frozen=True, slots=True)
class Sent:
    """Secrets are masked in all of it. Headers are one `Name: value` a line; `body` is empty if there was none."""

    method: str
    url: str
    headers: str
    body: str
    response_headers: str
    response_body: str

    @property
    def curl(self) -> str:
        return as_curl(self.method, self.url, header_pairs(self.headers), self.body or None)


def content_of(event: Event) -> EventContent:
    return EventContent(LoadedEvent(event.pk, event.topic, event.author, event.payload))


def sent(attempt: Attempt, content: EventContent) -> Sent:
    """`content` is that of the attempt's event, taken apart once for all of its attempts."""
    return Sent(
        method=attempt.method,
        url=seen_url(attempt.url),
        headers=seen_headers(attempt.request_headers),
        body=_body(attempt, content),
        response_headers=seen_headers(attempt.response_headers),
        response_body=seen_text(attempt.response_body),
    )


def _body(attempt: Attempt, content: EventContent) -> str:
    _, body = content.formatted(_format(attempt.request_headers))
    if not body:
        return ""
    data = parse_json(body.decode())
    seen = masked(data)
    # The text itself where it may be: read and written again, a number could look another.
    text = body.decode() if seen == data else json.dumps(seen, separators=(",", ":"), ensure_ascii=False)
    return Veil(content.data).text(text)


def _format(headers: str) -> str:
    """The subscriber may have another format by now; the headers tell which it had."""
    type_sent = next((value for name, value in header_pairs(headers) if name.lower() == "content-type"), "")
    return "cloudevents_structured" if type_sent == STRUCTURED_TYPE else "plain"
