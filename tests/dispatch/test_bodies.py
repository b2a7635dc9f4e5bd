"""Both forms of an event, their batches, and every body that is refused, with its reason and place."""

import base64
import io
import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from pytest_django import Settings

from dispatch.bodies import MAX_KEY_LENGTH, MAX_TOPIC_LENGTH, READ_AT_ONCE, parse_body, read_body, read_event
from dispatch.payloads import PayloadError
from dispatch.problems import ContentTooLargeError
from dispatch.publishing import NewEvent

DATA = {"body": {"total": 120}}


def encoded(data: Any) -> str:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.b64encode(text).decode()


def events(body: bytes | str, author: str = "shop", key: str | None = None) -> list[NewEvent]:
    """All that a publish does to a body before it is matched."""
    parsed = parse_body(body if isinstance(body, bytes) else body.encode())
    return [read_event(*item, author, key) for item in parsed.items]


def event(item: Any, key: str | None = None) -> NewEvent:
    return events(json.dumps(item), key=key)[0]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"topic": "orders", "data": DATA}, id="plain"),
        pytest.param({"Topic": "orders", "data": DATA}, id="plain-with-upper-case-topic"),
        pytest.param({"Topic": "orders", "Payload": encoded(DATA)}, id="original"),
        pytest.param({"topic": "orders", "payload": encoded(DATA)}, id="original-in-lower-case"),
        pytest.param({"TOPIC": "orders", "PAYLOAD": encoded(DATA)}, id="original-in-upper-case"),
        pytest.param({"topic": "orders", "data": DATA, "Payload": "no base64!"}, id="data-wins-over-payload"),
        pytest.param({"Topic": "other", "topic": "orders", "data": DATA}, id="exact-name-wins"),
        pytest.param({"topic": "orders", "data": DATA, "anything": [1]}, id="other-keys-are-left-alone"),
    ],
)
def test_every_form_of_an_event_says_the_same(item: dict[str, Any]) -> None:
    found = event(item)
    assert (found.topic, found.author, found.data, found.idempotency_key) == ("orders", "shop", DATA, None)
    assert json.loads(found.payload) == DATA


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(encoded(DATA)[:8] + "\n" + encoded(DATA)[8:], id="line-break"),
        pytest.param(" " + encoded(DATA) + " ", id="spaces"),
        pytest.param(encoded(DATA)[:4] + "-!*" + encoded(DATA)[4:], id="characters-outside-the-alphabet"),
    ],
)
def test_base64_is_read_as_leniently_as_python_reads_it(text: str) -> None:
    assert event({"Topic": "orders", "Payload": text}).data == DATA


def test_byte_order_mark_is_no_part_of_the_json() -> None:
    assert events(b"\xef\xbb\xbf" + json.dumps({"topic": "orders", "data": DATA}).encode())[0].data == DATA


REFUSED_BODIES = [
    pytest.param(b"", "The body is empty.", "", id="empty"),
    pytest.param(b" \n", "The body is empty.", "", id="blank"),
    pytest.param(b"{topic: 1}", "It is not JSON: Expecting property name", "", id="not-json"),
    pytest.param(b'{"topic": "a", "data": {}} {}', "It is not JSON: Extra data", "", id="two-documents"),
    pytest.param(b'{"topic": "a\xff"}', "It is not UTF-8: byte 12 cannot be read.", "", id="not-utf-8"),
    pytest.param(b'"orders"', "An event must be an object, not a string.", "", id="string"),
    pytest.param(b"null", "An event must be an object, not null.", "", id="null"),
    pytest.param(
        b'[{"topic": "a", "data": {}}, 7]', "An event must be an object, not a number.", "", id="number-in-batch"
    ),
    pytest.param(b'{"topic": "a", "data": {"body": NaN}}', "It holds NaN, which is not JSON.", "", id="nan"),
    pytest.param(b'{"topic": "a", "data": {"body": -Infinity}}', "It holds -Infinity", "", id="infinity"),
    *(
        pytest.param(b'{"topic": "a", "data": {"body": %s}}' % strange, reason, "", id=f"body-{strange.decode()[:20]}")
        for strange, reason in (
            (b'{"a": 1, "b": 2, "a": 3}', "It holds the key 'a' twice in one object."),
            (b'[{"a":{"x":1},"a":{}}]', "It holds the key 'a' twice in one object."),
            (b'{"a":1,"a":"\\u003a"}', "It holds the key 'a' twice in one object."),
            (b'{"a":1,"\\u0061":2}', "It holds the key 'a' twice in one object."),
            (b'{"a":1,"a":18446744073709551616}', "It holds the key 'a' twice in one object."),
            (b'{"a":null,"a":1e999}', "It holds the number 1e999"),
            (b"1e999", "It holds the number 1e999, which is beyond 1.8e308."),
            (b"[null,-1E+400]", "It holds the number -1E+400"),
            (b'["n\\u0075ll",1e999]', "It holds the number 1e999"),
            (b"9" * 400 + b".5", "which is beyond 1.8e308."),
        )
    ),
    pytest.param(b'{"topic":"a","topic":"b","data":{}}', "It holds the key 'topic' twice", "", id="two-topics"),
    pytest.param(b"[" * 100_000 + b"]" * 100_000, "It is nested too deep.", "", id="deeper-than-python-recurses"),
    pytest.param(
        b'{"topic": "a", "data": {"n": ' + b"9" * 5000 + b"}}", "too many digits", "", id="number-without-end"
    ),
]


@pytest.mark.parametrize(("body", "reason", "place"), REFUSED_BODIES)
def test_body_that_is_no_event_is_refused_with_its_reason(body: bytes, reason: str, place: str) -> None:
    with pytest.raises(PayloadError) as caught:
        events(body)
    assert reason in caught.value.message
    assert caught.value.place == place


REFUSED_EVENTS = [
    pytest.param({"data": {}}, "The topic is missing.", "topic", id="no-topic"),
    pytest.param({"topic": None, "data": {}}, "The topic is missing.", "topic", id="topic-null"),
    pytest.param({"topic": 5, "data": {}}, "The topic must be a string, not a number.", "topic", id="topic-number"),
    pytest.param({"topic": "", "data": {}}, "The topic is empty.", "topic", id="topic-empty"),
    pytest.param({"topic": " \t", "data": {}}, "The topic is empty.", "topic", id="topic-blank"),
    *(
        pytest.param({"topic": topic, "data": {}}, "The topic holds a *, which only", "topic", id=f"topic-{topic}")
        for topic in ("*", "order.*", "order.*.late")
    ),
    pytest.param({"topic": "a\0b", "data": {}}, "the control character U+0000", "topic", id="topic-nul"),
    pytest.param({"topic": "a\nb", "data": {}}, "the control character U+000A", "topic", id="topic-line-break"),
    pytest.param({"topic": "a\r", "data": {}}, "the control character U+000D", "topic", id="topic-carriage-return"),
    pytest.param({"topic": "\ta", "data": {}}, "the control character U+0009", "topic", id="topic-tab"),
    pytest.param({"topic": "a\x1b[2J", "data": {}}, "the control character U+001B", "topic", id="topic-escape"),
    pytest.param({"topic": "a\x85b", "data": {}}, "the control character U+0085", "topic", id="topic-next-line"),
    pytest.param({"topic": "a\u2028", "data": {}}, "the control character U+2028", "topic", id="topic-separator"),
    pytest.param({"topic": "a\ud800", "data": {}}, "half a character", "topic", id="topic-lone-surrogate"),
    pytest.param({"topic": "t" * 256, "data": {}}, "longer than 255 characters", "topic", id="topic-too-long"),
    *(
        pytest.param(
            {"specversion": "1.0", "id": "1", "source": "/s", "type": kind}, reason, "type", id=f"type-{kind[:9]!a}"
        )
        for kind, reason in (
            ("t" * 256, "longer than 255"),
            ("order.*", "holds a *"),
            ("a\nb", "U+000A"),
            (" ", "empty"),
        )
    ),
    pytest.param({"topic": "a"}, "There is neither `data` nor `Payload`.", "payload", id="no-data"),
    pytest.param({"Topic": "a", "Payload": {}}, "It must be a base64 string.", "payload", id="payload-object"),
    pytest.param({"Topic": "a", "Payload": "abc"}, "It is not base64: Incorrect padding.", "payload", id="bad-padding"),
    pytest.param(
        {"Topic": "a", "Payload": '{"body": 1234}'}, "Read as base64: It is not", "payload", id="payload-bare"
    ),
    pytest.param({"Topic": "a", "Payload": "€"}, "It is not base64", "payload", id="base64-beyond-ascii"),
    pytest.param({"Topic": "a", "Payload": ""}, "It is not JSON", "payload", id="payload-empty"),
    pytest.param({"Topic": "a", "Payload": encoded(b"\xff")}, "It is not UTF-8", "payload", id="payload-not-utf-8"),
    pytest.param({"Topic": "a", "Payload": encoded(b"{")}, "It is not JSON", "payload", id="payload-not-json"),
    pytest.param({"Topic": "a", "Payload": encoded(b"[NaN]")}, "It holds NaN", "payload", id="payload-nan"),
    pytest.param({"Topic": "a", "Payload": encoded(b'{"a":1,"a":2}')}, "'a' twice", "payload", id="payload-twice"),
    pytest.param({"Topic": "a", "Payload": encoded(b'{"a":1e999}')}, "beyond", "payload", id="payload-infinite"),
    pytest.param({"Topic": "a", "Payload": encoded({"body": "\0"})}, "NUL character", "data", id="payload-nul"),
    pytest.param({"Topic": "a", "Payload": encoded([1])}, "must be an object, not a list", "data", id="payload-list"),
    *(
        pytest.param({"topic": "a", "data": data}, "A string holds a NUL character", "data", id=f"nul-{data!a}")
        for data in (
            {"body": "a\0b"},
            {"body": "\\\0"},
            {"body": {"\0": 1}},
            {"query_params": {"q": "\0"}},
            {"path_params": {"id": "\0"}},
            {"more": ["\0"]},
        )
    ),
    pytest.param({"topic": "a", "data": None}, "must be an object, not null", "data", id="data-null"),
    pytest.param({"topic": "a", "data": "{}"}, "must be an object, not a string", "data", id="data-string"),
    pytest.param({"topic": "a", "data": {}, "id": 7}, "The id must be a string, not a number.", "id", id="id-number"),
    pytest.param({"topic": "a", "data": {}, "id": "k" * 256}, "longer than 255 characters", "id", id="id-too-long"),
    pytest.param({"topic": "a", "data": {}, "id": "k\0"}, "holds a NUL character", "id", id="id-nul"),
    pytest.param({"topic": "a", "data": {}, "id": "\udfff"}, "half a character", "id", id="id-lone-surrogate"),
]


@pytest.mark.parametrize(("item", "reason", "place"), REFUSED_EVENTS)
def test_bad_event_is_refused_with_its_reason_and_place(item: dict[str, Any], reason: str, place: str) -> None:
    with pytest.raises(PayloadError) as caught:
        event(item)
    assert reason in caught.value.message
    assert caught.value.place == place


def test_topic_and_key_as_long_as_the_database_takes_are_accepted() -> None:
    found = event({"topic": "t" * MAX_TOPIC_LENGTH, "data": {}, "id": "k" * MAX_KEY_LENGTH})
    assert (len(found.topic), len(found.idempotency_key or "")) == (255, 255)


@pytest.mark.parametrize(
    ("item", "header", "key"),
    [
        pytest.param({"topic": "a", "data": {}}, None, None, id="none"),
        pytest.param({"topic": "a", "data": {}}, "header", "header", id="header"),
        pytest.param({"topic": "a", "data": {}, "id": "own"}, None, "own", id="id"),
        pytest.param({"topic": "a", "data": {}, "id": "own"}, "header", "own", id="id-wins"),
        pytest.param({"topic": "a", "data": {}, "id": ""}, "header", "header", id="empty-id-is-none"),
        pytest.param({"Topic": "a", "Payload": encoded({}), "id": "own"}, "header", "header", id="original-has-no-id"),
    ],
)
def test_idempotency_key_is_the_id_of_the_plain_form_or_the_header(
    item: dict[str, Any], header: str | None, key: str | None
) -> None:
    assert event(item, key=header).idempotency_key == key


@pytest.mark.parametrize("form", ["plain", "original"])
def test_payload_one_byte_over_the_limit_is_too_large(settings: Settings, form: str) -> None:
    def sized(size: int) -> dict[str, Any]:
        data = {"body": "ü" * (size // 2) + "x" * (size % 2)}
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        return {"topic": "a", "data": data} if form == "plain" else {"Topic": "a", "Payload": encoded(text)}

    settings.SWITCH_EVENT_MAX_BYTES = 100 + len('{"body":""}')
    assert event(sized(100))
    with pytest.raises(ContentTooLargeError, match="more than the 111 bytes"):
        event(sized(101))


def test_batch_of_more_events_than_allowed_is_too_large(settings: Settings) -> None:
    settings.SWITCH_BATCH_MAX_ITEMS = 2
    body = json.dumps([{"topic": "a", "data": {}}] * 3).encode()
    assert len(events(json.dumps([{"topic": "a", "data": {}}] * 2))) == 2
    with pytest.raises(ContentTooLargeError, match="more than the 2 events allowed"):
        events(body)


def test_body_that_ends_before_its_length_is_refused_though_it_is_json() -> None:
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "2"}
    assert read_body(WSGIRequest(environ)) == b"{}"
    environ |= {"wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "5"}
    with pytest.raises(PayloadError, match="ended after 2 of 5 bytes"):
        read_body(WSGIRequest(environ))


LARGE_PARTS = [
    pytest.param('{"topic": "a", "data": {"body": 1.10}}', None, id="good"),
    pytest.param('{"topic": "a", "data": {}, "data": {}}', "twice in one object", id="key-twice"),
    pytest.param('{"topic": "a", "data": {"body": 1e999}}', "beyond", id="infinite"),
    pytest.param('{"topic": "a" "data": {}}', "Expecting ',' delimiter at line 1, column", id="not-json"),
    pytest.param('{"topic": "a", "data": {}}] []', "Extra data", id="two-documents"),
]


@pytest.mark.parametrize("size", [0, READ_AT_ONCE])
@pytest.mark.parametrize(("part", "reason"), LARGE_PARTS)
def test_batch_is_judged_the_same_be_it_read_at_once_or_item_by_item(part: str, reason: str | None, size: int) -> None:
    text = f'{" " * size}[{{"topic": "a", "data": {{}}}}, {part}]'
    if reason is None:
        assert events(text)[1].payload == '{"body":1.10}'
        return
    with pytest.raises(PayloadError, match=reason):
        events(text)


@pytest.mark.parametrize("value", ["{}", "[]", "0", '{"":0}'])
def test_event_of_more_values_than_bytes_allowed_is_refused_unread(settings: Settings, value: str) -> None:
    settings.SWITCH_EVENT_MAX_BYTES = 1000
    many = f'{{"topic": "a", "data": {{"body": [{",".join([value] * 1000)}]}}'
    with pytest.raises(ContentTooLargeError, match="more than the 1000 bytes"):
        events(many)  # it is no JSON either, which nobody has seen
    assert events(json.dumps({"topic": "a", "data": {"body": [[]] * 100, "headers": {}}}))
