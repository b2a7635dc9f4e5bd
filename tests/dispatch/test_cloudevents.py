"""CloudEvents as the official SDK writes and reads them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings.http import (
    HTTPMessage,
    from_http_event,
    to_binary_event,
    to_structured_event,
)
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook

from dispatch.building import BuiltRequest, EventContent, build
from dispatch.cloudevents import from_binary, from_structured, in_no_mode, is_binary, is_cloudevent, key_of, topic_of
from dispatch.identifiers import new_id
from dispatch.ledger.loading import LoadedEvent, LoadedSubscriber
from dispatch.payloads import PayloadError

ATTRIBUTES = {
    "specversion": "1.0",
    "id": "ä 1%",
    "source": "https://shop.example/orders?x=1",
    "type": "order.created",
    "subject": 'größe "7"',
    "time": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "region": "eu-1",
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DATA = {"total": 120, "größe": "ü"}
FORMATS = pytest.mark.parametrize("body_format", ["cloudevents_structured", "cloudevents_binary"])


def official(**changes: Any) -> CloudEvent:
    return CloudEvent({**ATTRIBUTES, **changes}, DATA)


def structured(item: dict[str, Any]) -> dict[str, Any]:
    return from_structured(item, item)


def test_a_structured_event_of_the_sdk_is_understood() -> None:
    item = json.loads(to_structured_event(official()).body)
    assert is_cloudevent(item)
    payload = structured(item)
    assert (topic_of(payload), payload["body"]) == ("order.created", DATA)
    assert payload["cloudevent"]["subject"] == ATTRIBUTES["subject"]
    assert payload["cloudevent"]["region"] == "eu-1"


def test_a_binary_event_of_the_sdk_is_understood() -> None:
    message = to_binary_event(official())
    assert is_binary(message.headers)
    payload = from_binary(message.headers.items(), json.loads(message.body))
    assert (topic_of(payload), payload["body"]) == ("order.created", DATA)
    assert {name: payload["cloudevent"][name] for name in ("id", "source", "subject")} == {
        name: ATTRIBUTES[name] for name in ("id", "source", "subject")
    }


def test_source_and_id_together_name_an_event() -> None:
    base = {"specversion": "1.0", "type": "t"}
    keys = {
        key_of(structured({**base, "source": source, "id": event_id}))
        for source, event_id in [("a", "1"), ("a", "2"), ("b", "1"), ("c" * 300, "1"), ("c" * 300, "2")]
    }
    assert len(keys) == 5
    assert max(map(len, keys)) <= 255


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"specversion": "0.3", "id": "1", "source": "s", "type": "t"}, "specversion"),
        ({"specversion": "1.0", "source": "s", "type": "t"}, "id"),
        ({"specversion": "1.0", "id": "1", "source": "", "type": "t"}, "source"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": 7}, "type"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "Big": 1}, "Big"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "x": {}}, "x"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "x": 1.5}, "x"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data_base64": "AA=="}, "data_base64"),
        ({"specversion": "1.0", "id": "1", "source": "the shop", "type": "t"}, "source"),
        ({"specversion": "1.0", "id": "1", "source": "/größe", "type": "t"}, "source"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "time": "yesterday"}, "time"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "time": "2026-02-30T00:00:00Z"}, "time"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "time": 1769846400}, "time"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": ""}, "subject"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": 7}, "subject"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "dataschema": ""}, "dataschema"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "count": 2**31}, "count"),
        ({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "count": -(2**31) - 1}, "count"),
        (
            {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "datacontenttype": "text/xml"},
            "datacontenttype",
        ),
    ],
)
def test_what_is_no_cloudevent_is_refused_at_its_place(item: dict[str, Any], place: str) -> None:
    with pytest.raises(PayloadError) as refused:
        structured(item)
    assert refused.value.place == place


@pytest.mark.parametrize("count", [2**31 - 1, -(2**31), True])
def test_numbers_of_32_bits_are_attributes(count: int) -> None:
    item = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "count": count}
    assert structured(item)["cloudevent"]["count"] is count


@pytest.mark.parametrize(
    ("header", "means"),
    [
        ('"a b"', "a b"),
        (r'"a \"b\" \\ c"', r'a "b" \ c'),
        ('"Euro%20%E2%82%AC"', "Euro €"),
        ("%22a%22", '"a"'),
        ('a"b', 'a"b'),
        ('"no end', '"no end'),
        ('"no end\\', '"no end\\'),
        (r"a\b", r"a\b"),
        ('"a" and "b"', "a and b"),
    ],
)
def test_a_header_s_double_quotes_are_no_part_of_the_attribute(header: str, means: str) -> None:
    """HTTP binding, section 3.1.3.2."""
    headers = {"ce-specversion": "1.0", "ce-id": header, "ce-source": '"/shop"', "ce-type": "t"}
    attributes = from_binary(headers.items(), None)["cloudevent"]
    assert (attributes["id"], attributes["source"]) == (means, "/shop")


def test_attributes_in_headers_are_checked_as_well() -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "t"}
    for name, value in (("source", "the%20shop"), ("time", "2026-01-02")):
        with pytest.raises(PayloadError) as refused:
            from_binary((headers | {f"ce-{name}": value}).items(), None)
        assert refused.value.place == name


def test_a_type_that_a_client_made_up_is_refused_with_what_to_send() -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "t"}
    with pytest.raises(PayloadError, match="send Content-Type: application/json") as refused:
        from_binary((headers | {"Content-Type": "application/x-www-form-urlencoded"}).items(), {})
    assert refused.value.place == "Content-Type"


def test_one_event_is_the_same_in_every_mode() -> None:
    given = {**ATTRIBUTES, "count": 7, "urgent": True, "time": "2026-01-02T03:04:05Z"}
    quoted = {f"ce-{name}": str(value).replace("True", "true") for name, value in given.items()}
    headers = quoted | {"ce-id": "%C3%A4%201%25", "ce-subject": "gr%C3%B6%C3%9Fe%20%227%22"}
    binary = from_binary((headers | {"content-type": "application/json; charset=utf-8"}).items(), DATA)
    plain, typed = ({**given, **more, "data": DATA} for more in ({}, {"datacontenttype": "application/json"}))
    seen = [in_no_mode(payload) for payload in (binary, structured(plain), structured(typed))]
    assert seen[0] == seen[1] == seen[2]
    assert in_no_mode(structured({**plain, "urgent": False})) != seen[0]
    assert in_no_mode(structured({**plain, "data": {}})) != seen[0]


def test_one_event_is_the_same_however_its_time_is_written() -> None:
    def at(time: str) -> Any:
        return in_no_mode(structured({**ATTRIBUTES, "time": time}))

    assert at("2026-01-02T03:04:05Z") == at("2026-01-02T03:04:05.000+00:00") == at("2026-01-02T04:04:05+01:00")
    assert at("2026-01-02T03:04:05Z") != at("2026-01-02T03:04:05+01:00")


@pytest.mark.parametrize("data", [{"cloudevent": {"datacontenttype": "x"}, "body": 1}, {"cloudevent": 7}, [1], "text"])
def test_what_only_looks_like_a_cloudevent_is_compared_as_it_is(data: Any) -> None:
    assert in_no_mode(data) == data


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/a+json"])
def test_types_of_json_are_data(content_type: str) -> None:
    headers = {"CE-SpecVersion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t", "Content-Type": content_type}
    assert from_binary(headers.items(), 1)["cloudevent"]["datacontenttype"] == content_type


def built(
    payload: dict[str, Any], body_format: str, event_id: UUID | None = None, secrets: tuple[str, ...] = ()
) -> BuiltRequest:
    subscriber = LoadedSubscriber(1, "http://billing/", False, False, 25, None, None, None, None, secrets, body_format)
    event = LoadedEvent(event_id or new_id(), "order.created", "the shop", json.dumps(payload))
    return build(EventContent(event), subscriber, UUID(int=2), UUID(int=3), 1, datetime.now(UTC))


def read(request: BuiltRequest) -> CloudEvent:
    found = from_http_event(HTTPMessage(headers=dict(request.headers), body=request.body or b""))
    assert isinstance(found, CloudEvent)
    return found


@FORMATS
def test_the_sdk_reads_what_a_subscriber_gets(body_format: str) -> None:
    event_id = new_id()
    event = read(built({"body": DATA}, body_format, event_id))
    assert (event.get_id(), event.get_type(), event.get_source()) == (
        str(event_id),
        "order.created",
        "/switch/the%20shop",
    )
    assert event.get_data() == DATA
    sent_at = event.get_time()
    assert sent_at is not None
    assert abs((datetime.now(UTC) - sent_at).total_seconds()) < 60


@FORMATS
def test_an_event_that_came_as_a_cloudevent_goes_out_as_it_came(body_format: str) -> None:
    payload = structured(json.loads(to_structured_event(official()).body))
    event = read(built(payload, body_format))
    assert event.get_data() == DATA
    for name in ("id", "source", "type", "subject", "time", "region"):
        assert event.get_attributes()[name] == ATTRIBUTES[name]


@FORMATS
@pytest.mark.parametrize("kind", ["application/vnd.x+json", "text/json", "application/json; charset=utf-8"])
def test_the_type_of_the_data_goes_out_as_it_came(body_format: str, kind: str) -> None:
    given = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "datacontenttype": kind, "data": DATA}
    request = built(structured(given), body_format)
    event = read(request)
    assert (event.get_datacontenttype(), event.get_data()) == (kind, DATA)
    assert [name.lower() for name, _ in request.headers].count("content-type") == 1


@FORMATS
@pytest.mark.parametrize("more", [{}, {"datacontenttype": "application/vnd.x+json"}])
def test_an_event_without_data_goes_out_without_and_nothing_is_added(body_format: str, more: dict[str, str]) -> None:
    given = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "subject": None, **more}
    request = built({"cloudevent": given}, body_format)
    assert read(request).get_data() is None
    found = {name.removeprefix("ce-"): value for name, value in request.headers if name.startswith("ce-")}
    found = found or json.loads(request.body or b"")
    # The SDK adds a time of its own; a `datacontenttype` the structured mode only writes out.
    assert {name: value for name, value in found.items() if name != "datacontenttype"} == {
        "specversion": "1.0",
        "id": "1",
        "source": "/s",
        "type": "t",
    }


def test_an_event_without_data_has_no_body_in_the_binary_mode() -> None:
    request = built(structured({"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}), "cloudevents_binary")
    assert request.body is None
    assert "content-type" not in {name.lower() for name, _ in request.headers}


def test_a_signature_is_over_no_bytes_where_there_are_no_data() -> None:
    payload = structured({"specversion": "1.0", "id": "1", "source": "/s", "type": "t"})
    request = built(payload, "cloudevents_binary", secrets=(SECRET,))
    headers = dict(request.headers)
    signed_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == Webhook(SECRET).sign(headers["webhook-id"], signed_at, "")


def test_a_type_that_could_end_its_header_is_refused_and_never_sent() -> None:
    broken = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "datacontenttype": "a/json;\r\nx: y"}
    with pytest.raises(PayloadError) as refused:
        structured(broken)
    assert refused.value.place == "datacontenttype"
    taken_before = built({"cloudevent": broken, "body": 1}, "cloudevents_binary")
    assert ("Content-Type", "application/json") in taken_before.headers
    assert not any("\n" in value for _, value in taken_before.headers)


def test_a_plain_subscriber_gets_the_data_alone() -> None:
    request = built(structured(json.loads(to_structured_event(official()).body)), "plain")
    assert json.loads(request.body or b"") == DATA
    assert not any(name.startswith("ce-") for name, _ in request.headers)


@FORMATS
def test_a_method_without_a_body_carries_the_attributes_in_headers(body_format: str) -> None:
    request = built({"http_method": "GET"}, body_format)
    assert request.body is None
    assert read(request).get_type() == "order.created"


@FORMATS
def test_headers_of_the_payload_cannot_forge_attributes(body_format: str) -> None:
    request = built({"body": DATA, "headers": {"ce-id": "forged", "CE-Type": "forged"}}, body_format)
    assert "forged" not in read(request).get_attributes().values()


@FORMATS
def test_numbers_go_out_as_they_came(body_format: str) -> None:
    subscriber = LoadedSubscriber(1, "http://billing/", False, False, 25, None, None, None, None, (), body_format)
    event = LoadedEvent(new_id(), "t", "", '{"body": {"price": 1.10, "big": 123456789012345678901234567890}}')
    request = build(EventContent(event), subscriber, UUID(int=2), UUID(int=3), 1, datetime.now(UTC))
    assert b'{"price":1.10,"big":123456789012345678901234567890}' in (request.body or b"")


@FORMATS
def test_a_payload_that_only_looks_like_a_cloudevent_gets_attributes_of_ours(body_format: str) -> None:
    event_id = new_id()
    assert read(built({"body": DATA, "cloudevent": {"id": 7}}, body_format, event_id)).get_id() == str(event_id)


@FORMATS
@pytest.mark.parametrize(
    "fault", [{"source": "the shop"}, {"time": "yesterday"}, {"subject": ""}, {"count": 2**31}], ids=str
)
def test_attributes_of_a_plain_payload_that_no_cloudevent_may_have_are_not_sent(
    body_format: str, fault: dict[str, Any]
) -> None:
    event_id, right = new_id(), {"specversion": "1.0", "id": "7", "source": "/shop", "type": "t"}
    assert read(built({"cloudevent": right}, body_format, event_id)).get_id() == "7"
    event = read(built({"cloudevent": right | fault}, body_format, event_id))
    assert (event.get_id(), event.get_source()) == (str(event_id), "/switch/the%20shop")
