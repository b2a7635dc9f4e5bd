"""CloudEvents 1.0 (https://github.com/cloudevents/spec), as publishers send them and as subscribers get them. Pure.

The attributes stand in the payload under `cloudevent`, where filters can read them; the data are its `body`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import UUID

from dispatch.payloads import PayloadError, name_of
from dispatch.standards import instant, is_timestamp, is_uri_reference

STRUCTURED_TYPE = "application/cloudevents+json"
BATCH_TYPE = "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "type")
#: Of the spec: lower-case letters and digits.
ATTRIBUTE_NAME = re.compile(r"[a-z0-9]+\Z")
JSON_TYPE = re.compile(r"[^/;]+/(?:[^;]+\+)?json\s*(?:;|\Z)", re.I)
#: A quoted-string, or one that never ends, so that no part of it is looked at twice; and what is escaped in it
#: (RFC 9110, section 5.6.4).
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)("|\\?\Z)')
ESCAPED = re.compile(r"\\(.)")
#: Of the spec's type Integer: 32 bits, signed.
INTEGERS = range(-(2**31), 2**31)
PAYLOAD_MEMBERS = ("data", "data_base64")
MAX_KEY_LENGTH = 255


def is_declared(content_type: str) -> bool:
    """Whether a request says that its body is an event in the structured mode, or a batch of such."""
    return content_type.partition(";")[0].strip().lower() in (STRUCTURED_TYPE, BATCH_TYPE)


def is_cloudevent(item: Any) -> bool:
    """Whether a JSON object is an event in the structured mode, of which its content type said nothing."""
    return isinstance(item, dict) and "specversion" in item and "topic" not in item


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether a request's headers are those of the binary mode. Names are in any case."""
    return any(name.lower() == "ce-specversion" for name in headers)


def from_structured(item: Mapping[str, Any], exact: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that a structured event means; `exact` holds its numbers as received. Raises PayloadError."""
    if "data_base64" in item:
        raise PayloadError("Switch carries JSON: data_base64 cannot be delivered.", "data_base64")
    payload: dict[str, Any] = {"cloudevent": _checked({k: v for k, v in item.items() if k not in PAYLOAD_MEMBERS})}
    return payload | ({"body": exact["data"]} if item.get("data") is not None else {})


def from_binary(headers: Iterable[tuple[str, str]], body: Any) -> dict[str, Any]:
    """The payload that a request in the binary mode means; `body` is its parsed body. Raises PayloadError."""
    attributes = {}
    for name, value in headers:
        if name.lower().startswith("ce-"):
            attributes[name.lower()[3:]] = _unquoted(value)
        elif name.lower() == "content-type" and value:
            attributes["datacontenttype"] = _json_type(value)
    payload: dict[str, Any] = {"cloudevent": _checked(attributes)}
    return payload | ({"body": body} if body is not None else {})


def topic_of(payload: Mapping[str, Any]) -> str:
    return str(payload["cloudevent"]["type"])


def key_of(payload: Mapping[str, Any]) -> str:
    """The idempotency key: `source` and `id` together name an event."""
    attributes = payload["cloudevent"]
    key = f"{attributes['source']} {attributes['id']}"
    return key if len(key) <= MAX_KEY_LENGTH else sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def in_no_mode(data: Any) -> Any:
    """An event's data, the same in whatever content mode it came and however its time is written: for comparisons.

    The binary mode knows strings alone, and a `datacontenttype` that the others leave out.
    """
    given = _given(data)
    if given is None:
        return data
    attributes: dict[str, Any] = {name: _as_string(value) for name, value in given.items() if name != "datacontenttype"}
    if is_timestamp(attributes.get("time")):
        attributes["time"] = instant(attributes["time"])
    return {**data, "cloudevent": attributes}


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an event that is published or sent now. Raises PayloadError."""
    attributes = _attributes(given)
    if not is_uri_reference(attributes["source"]):
        raise PayloadError(
            "The source must be a URI-reference (RFC 3986), such as /shop or https://shop.example/orders.", "source"
        )
    if not _is_field_value(attributes.get("datacontenttype", "")):
        raise PayloadError("The datacontenttype must hold printable ASCII only.", "datacontenttype")
    for name in ("subject", "dataschema"):
        if name in attributes and (not isinstance(attributes[name], str) or not attributes[name]):
            raise PayloadError(f"The {name} must be a string that is not empty; it may be left out.", name)
    for name, value in attributes.items():
        if isinstance(value, int) and value not in INTEGERS:
            raise PayloadError(f"A whole number as an attribute must fit into 32 bits: send {name} as a string.", name)
    if "time" in attributes and not is_timestamp(attributes["time"]):
        raise PayloadError("The time must be a timestamp of RFC 3339, such as 2026-01-31T08:00:00Z.", "time")
    return attributes


def _attributes(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("specversion") != "1.0":
        raise PayloadError("Only version 1.0 of CloudEvents is understood.", "specversion")
    for name in REQUIRED:
        if not isinstance(given.get(name), str) or not given[name]:
            raise PayloadError(f"A CloudEvent needs {name}, as a string that is not empty.", name)
    for name, value in given.items():
        if not ATTRIBUTE_NAME.match(name):
            raise PayloadError("The name of an attribute may hold lower-case letters and digits only.", name)
        if not isinstance(value, str | bool | int | type(None)):
            raise PayloadError(
                f"An attribute must be a string, a whole number or a boolean, not {name_of(value)}.", name
            )
    content_type = given.get("datacontenttype")
    if content_type is not None and not JSON_TYPE.match(str(content_type)):
        raise PayloadError("Switch carries JSON: datacontenttype must be a type of JSON.", "datacontenttype")
    return {name: value for name, value in given.items() if value is not None}


def _json_type(content_type: str) -> str:
    """Of the binary mode; curl and others make one up where none is given, application/x-www-form-urlencoded."""
    if not JSON_TYPE.match(content_type):
        raise PayloadError(
            f"Switch carries JSON, and the request says {content_type}: send Content-Type: application/json.",
            "Content-Type",
        )
    return content_type


def _unquoted(value: str) -> str:
    """A header's value without double quotes, then with its percent-encoding undone (HTTP binding, section 3.1.3.2)."""
    bare = QUOTED.sub(lambda found: ESCAPED.sub(r"\1", found[1]) if found[2] == '"' else found[0], value)
    raw = bare.encode("latin-1", "replace")
    decoded = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), raw)
    try:
        return decoded.decode()
    except UnicodeDecodeError as error:
        raise PayloadError("A header of the CloudEvent is not UTF-8 in percent-encoding.") from error


def attributes_for(data: Mapping[str, Any], event_id: UUID, topic: str, author: str) -> dict[str, Any]:
    """The attributes that a subscriber gets: those that the event came with, or made from what Switch knows of it.

    Never such as no CloudEvent may have: what a payload in the plain form holds there was not judged when it came.
    """
    return _given(data, _checked) or {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"/switch/{quote(author, safe='')}" if author else "/switch",
        "type": topic,
        "time": _time_of(event_id),
    }


def _given(data: Any, judged: Callable[[dict[str, Any]], dict[str, Any]] = _attributes) -> dict[str, Any] | None:
    """The attributes that an event came with, if it did: a payload in the plain form may hold anything there."""
    given = data.get("cloudevent") if isinstance(data, dict) else None
    if not isinstance(given, dict):
        return None
    try:
        return judged(given)
    except PayloadError:
        return None


def _time_of(event_id: UUID) -> str:
    """The moment in a UUIDv7 (RFC 9562, section 5.7), as RFC 3339 writes it."""
    moment = datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def structured(attributes: Mapping[str, Any], body: Any, *, has_body: bool) -> dict[str, Any]:
    """The JSON object of the structured mode; `body` comes as it is to be written."""
    members = {"datacontenttype": "application/json", **attributes}
    return members | ({"data": body} if has_body else {})


def binary_headers(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The headers of the binary mode: `ce-` and an attribute's name, but Content-Type for `datacontenttype`."""
    content_type = str(attributes.get("datacontenttype", ""))
    named = [(f"ce-{name}", _quoted(value)) for name, value in attributes.items() if name != "datacontenttype"]
    return [*named, ("Content-Type", content_type)] if content_type and _is_field_value(content_type) else named


def _is_field_value(text: Any) -> bool:
    """Whether it can stand in a header as it is."""
    return isinstance(text, str) and text.isascii() and text.isprintable()


def _as_string(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(value: Any) -> str:
    # All printable ASCII stands as it is, less the space, the double quote and the per cent sign.
    return quote(_as_string(value), safe="!#$&'()*+,/:;<=>?@[\\]^`{|}~", errors="backslashreplace")
