"""The body of a publish: read within its limit, and taken apart into events."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from dispatch import cloudevents
from dispatch.payloads import (
    PayloadError,
    check_characters,
    check_data,
    check_json,
    check_no_nul,
    decode,
    is_list,
    name_of,
    parse_exact,
    parse_json,
    parse_list,
    to_text,
)
from dispatch.problems import ContentTooLargeError
from dispatch.publishing import NewEvent
from dispatch.tokens import MAX_AUTHOR_LENGTH, is_author
from dispatch.tracing.context import carried_by
from subscribers.models import Subscriber
from subscribers.topics import control_in, name_problem

MAX_TOPIC_LENGTH = Subscriber._meta.get_field("topic").max_length or 0
MAX_KEY_LENGTH = 255
#: Characters of a batch that is read in one piece, which is a little quicker.
READ_AT_ONCE = 1 << 20


def read_body(request: HttpRequest) -> bytes:
    """The request's body. Raises ContentTooLargeError, before reading where the length was announced.

    Raises PayloadError if the client went away in the middle: what came may be JSON by itself.
    """
    limit = settings.SWITCH_BATCH_MAX_BYTES
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdigit() and int(announced) > limit:
        raise ContentTooLargeError(f"The body has {announced} bytes; {limit} are allowed.")
    # Django takes a body without a length for an empty one; with chunked transfer there is none.
    body = bytes(request.read() if announced else request.META["wsgi.input"].read(limit + 1))
    if len(body) > limit:
        raise ContentTooLargeError(f"The body has more than the {limit} bytes allowed.")
    if announced.isdigit() and len(body) < int(announced):
        raise PayloadError(f"The body ended after {len(body)} of {announced} bytes.")
    return body


class Item(NamedTuple):
    """One event as it was posted; `exact` is the same with every number as it was received."""

    given: Any
    exact: Any


@dataclass(frozen=True, slots=True)
class Body:
    """What was posted: one event or a batch, whose items are read as they are taken.

    To take them raises PayloadError for what spoils the whole body, and ContentTooLargeError if there are too many.
    """

    is_batch: bool
    items: Iterator[Item]


def parse_body(body: bytes) -> Body:
    """The body as JSON, whatever its Content-Type said. Raises PayloadError or ContentTooLargeError."""
    text = decode(body)
    if not text.strip():
        raise PayloadError("The body is empty.")
    if is_list(text):
        return Body(True, _batch(text))
    _check_density(text)
    return Body(False, iter([_item(parse_json(text), text)]))


def _batch(text: str) -> Iterator[Item]:
    limit = settings.SWITCH_BATCH_MAX_ITEMS
    for number, item in enumerate(_items(text)):
        if number == limit:
            raise ContentTooLargeError(f"The batch has more than the {limit} events allowed.")
        yield item


def _items(text: str) -> Iterator[Item]:
    """One by one where there are many: as Python they may take thirty times the memory of their text."""
    if len(text) > READ_AT_ONCE:
        return (_item(*each) for each in parse_list(text))
    whole = _item(parse_json(text), text)
    return map(Item, whole.given, whole.exact)


def _item(given: Any, text: str) -> Item:
    check_json(text, given)
    return Item(given, parse_exact(text, given))


def _check_density(text: str) -> None:
    """An event of more values than it may have bytes is refused before they are made: each takes dozens of bytes."""
    limit = settings.SWITCH_EVENT_MAX_BYTES
    if len(text) > limit and sum(map(text.count, "[{,")) > limit:
        raise ContentTooLargeError(f"The event has more than the {limit} bytes allowed.")


def read_event(item: Any, exact: Any, author: str, key: str | None, *, is_cloudevent: bool = False) -> NewEvent:
    """One event in the original's form, in the plain one, or as a CloudEvent in the structured mode.

    Only one that is said to be a CloudEvent may have an attribute named `topic`.
    Raises PayloadError or ContentTooLargeError.
    """
    if not isinstance(item, dict):
        raise PayloadError(f"An event must be an object, not {name_of(item)}.")
    if is_cloudevent or cloudevents.is_cloudevent(item):
        return _from_cloudevent(
            cloudevents.from_structured(item, item), cloudevents.from_structured(item, exact), author
        )
    topic = _checked_topic(_field(item, "topic"), "topic")
    if "data" in item:
        data, payload = item["data"], to_text(exact["data"])
        key = _own_key(item) or key
    else:
        data, payload = _decoded(item)
    _check_size(payload)
    check_data(data, payload)
    check_no_nul(payload)
    return NewEvent(topic, author, data, payload, _checked_key(key), carried_by(data))


def read_binary_event(headers: Mapping[str, str], body: bytes, author: str) -> NewEvent:
    """A CloudEvent in the binary mode, its attributes in `headers`. Raises PayloadError or ContentTooLargeError."""
    text, parsed, exact = decode(body), None, None
    if text.strip():
        parsed = parse_json(text)
        check_json(text, parsed)
        exact = parse_exact(text, parsed)
    given = list(headers.items())
    return _from_cloudevent(cloudevents.from_binary(given, parsed), cloudevents.from_binary(given, exact), author)


def read_own_event(topic: Any, text: str, author: Any, key: Any) -> NewEvent:
    """An event of this process itself, `text` being its data as JSON: no token and no body have been looked at.

    Raises PayloadError or ContentTooLargeError.
    """
    if not is_author(author):
        raise PayloadError(f"The author must be a string of at most {MAX_AUTHOR_LENGTH} characters.", "author")
    if key is not None and not isinstance(key, str):
        raise PayloadError(f"The key must be a string, not {type(key).__name__}.", "key")
    item = _item(parse_json(text), text)
    given, exact = ({"topic": topic, "data": each} for each in item)
    return read_event(given, exact, author, key)


def _from_cloudevent(data: dict[str, Any], exact: dict[str, Any], author: str) -> NewEvent:
    topic, payload = _checked_topic(cloudevents.topic_of(data), "type"), to_text(exact)
    _check_size(payload)
    check_data(data, payload)
    check_no_nul(payload)
    return NewEvent(topic, author, data, payload, _checked_key(cloudevents.key_of(data)), carried_by(data))


def _field(item: Mapping[str, Any], name: str) -> Any:
    """The field in any case, as the original's server took it; the exact name wins."""
    if name in item:
        return item[name]
    return next((value for key, value in item.items() if key.lower() == name), None)


def _checked_topic(topic: Any, place: str) -> str:
    if not isinstance(topic, str):
        reason = "is missing" if topic is None else f"must be a string, not {name_of(topic)}"
        raise PayloadError(f"The topic {reason}.", place)
    if not topic.strip():
        raise PayloadError("The topic is empty.", place)
    if len(topic) > MAX_TOPIC_LENGTH:
        raise PayloadError(f"The topic is longer than {MAX_TOPIC_LENGTH} characters.", place)
    if control := control_in(topic):
        raise PayloadError(f"The topic holds the control character {control}.", place)
    if problem := name_problem(topic):
        raise PayloadError(problem, place)
    check_characters(topic, place)
    return topic


def _decoded(item: Mapping[str, Any]) -> tuple[Any, str]:
    encoded = _field(item, "payload")
    if not isinstance(encoded, str):
        reason = "There is neither `data` nor `Payload`." if encoded is None else "It must be a base64 string."
        raise PayloadError(reason, "payload")
    data, text = decode_payload(encoded)
    try:
        check_json(text, data)
    except PayloadError as error:
        raise PayloadError(error.message, "payload") from error
    return data, text


def decode_payload(encoded: str) -> tuple[Any, str]:
    """The original's base64 as data and as JSON text. Raises PayloadError."""
    try:
        text = decode(base64.b64decode(encoded))
        return parse_json(text), text
    except PayloadError as error:
        raise PayloadError(f"Read as base64: {error.message}", "payload") from error
    except ValueError as error:
        raise PayloadError(f"It is not base64: {error}.", "payload") from error


def _own_key(item: Mapping[str, Any]) -> str | None:
    key = item.get("id")
    if key is not None and not isinstance(key, str):
        raise PayloadError(f"The id must be a string, not {name_of(key)}.", "id")
    return key


def _checked_key(key: str | None) -> str | None:
    if not key:
        return None
    if len(key) > MAX_KEY_LENGTH:
        raise PayloadError(f"The idempotency key is longer than {MAX_KEY_LENGTH} characters.", "id")
    if "\x00" in key:
        raise PayloadError("The idempotency key holds a NUL character.", "id")
    check_characters(key, "id")
    return key


def _check_size(payload: str) -> None:
    limit = settings.SWITCH_EVENT_MAX_BYTES
    if len(payload) > limit or len(payload.encode("utf-8", "surrogatepass")) > limit:
        raise ContentTooLargeError(f"The event's payload has more than the {limit} bytes allowed.")
