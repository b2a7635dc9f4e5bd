"""CloudEvents through a real hub: written by the official SDK, published, and read by it where they arrive."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.flows.receiver import Received
from tests.flows.stations import Station

SENT_AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    with Station({}) as opened:
        yield opened


def event(topic: str, event_id: str = "1", **more: Any) -> CloudEvent:
    attributes = {
        "specversion": "1.0",
        "id": f"{topic} {event_id}",
        "source": "/shop",
        "type": topic,
        "subject": "größe",
        "time": SENT_AT,
        **more,
    }
    return CloudEvent(attributes, {"total": 150, "price": 1.5})


def post(station: Station, message: HTTPMessage) -> tuple[int, Any]:
    with closing(http.client.HTTPConnection("127.0.0.1", station.hub.port, timeout=30)) as connection:
        headers = {**message.headers, "Authorization": f"Bearer {station.hub.token()}"}
        connection.request("POST", "/publish", message.body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def read(request: Received) -> CloudEvent:
    found = from_http_event(HTTPMessage(headers=request.headers, body=request.body))
    assert isinstance(found, CloudEvent)
    return found


@pytest.mark.parametrize("write", [to_structured_event, to_binary_event])
@pytest.mark.parametrize("body_format", ["cloudevents_structured", "cloudevents_binary"])
def test_what_goes_in_comes_out(station: Station, write: Any, body_format: str) -> None:
    topic = f"{write.__name__}-{body_format}"
    station.subscribe(topic, body_format=body_format, filter_expression='data["cloudevent"]["source"] == "/shop"')
    sent = event(topic, datacontenttype="application/vnd.shop.order+json")
    status, answer = post(station, write(sent))
    assert (status, answer["matched"], answer["topic"]) == (202, 1, topic)
    arrived = read(station.first_request(f"/{topic}"))
    assert arrived.get_data() == sent.get_data()
    names = ("id", "source", "type", "subject", "time", "datacontenttype")
    expected = {name: sent.get_attributes()[name] for name in names}
    assert {name: arrived.get_attributes()[name] for name in expected} == expected


@pytest.mark.parametrize("write", [to_structured_event, to_binary_event])
def test_source_and_id_are_the_key(station: Station, write: Any) -> None:
    topic = f"keys-{write.__name__}"
    first, again, other = (post(station, write(event(topic, event_id)))[1] for event_id in ("7", "7", "8"))
    assert (first["id"] == again["id"], again["duplicate"], other["duplicate"]) == (True, True, False)
    assert post(station, write(event(topic, "7", subject="another")))[0] == 409


def test_an_event_that_is_repeated_in_another_mode_is_the_same(station: Station) -> None:
    sent = event("modes", count=7)
    structured = to_structured_event(sent)
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    batch = HTTPMessage(headers=headers, body=json.dumps([json.loads(structured.body)]).encode())
    answers = [post(station, message) for message in (to_binary_event(sent), structured, batch)]
    assert [status for status, _ in answers] == [202, 202, 202]
    first, again, (in_batch,) = answers[0][1], answers[1][1], answers[2][1]["results"]
    assert {each["id"] for each in (first, again, in_batch)} == {first["id"]}
    assert [each["duplicate"] for each in (first, again, in_batch)] == [False, True, True]


def test_an_event_whose_time_is_written_in_another_zone_is_the_same(station: Station) -> None:
    structured = to_structured_event(event("zones"))
    item = json.loads(structured.body)
    answers = [
        post(station, HTTPMessage(headers=structured.headers, body=json.dumps({**item, "time": time}).encode()))
        for time in ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00+00:00", "2026-01-02T01:00:00.0+01:00")
    ]
    assert [(status, answer["duplicate"]) for status, answer in answers] == [(202, False), (202, True), (202, True)]
    later = HTTPMessage(headers=structured.headers, body=json.dumps({**item, "time": "2026-01-02T00:00:01Z"}).encode())
    assert post(station, later)[0] == 409


def test_a_batch_is_taken_one_by_one(station: Station) -> None:
    good = [json.loads(to_structured_event(event("batched", event_id)).body) for event_id in ("1", "2")]
    bad = {**good[0], "id": ""}
    body = json.dumps([good[0], bad, good[1]]).encode()
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    status, answer = post(station, HTTPMessage(headers=headers, body=body))
    assert status == 202
    assert [each.get("topic") or each["problem"]["place"] for each in answer["results"]] == ["batched", "id", "batched"]


@pytest.mark.parametrize(
    ("headers", "body", "detail"),
    [
        ({"ce-specversion": "0.3", "ce-id": "1", "ce-source": "s", "ce-type": "t"}, b"{}", "version 1.0"),
        ({"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s"}, b"{}", "needs type"),
        ({"ce-specversion": "1.0", "ce-id": "1", "ce-source": "a%20b", "ce-type": "t"}, b"{}", "source must be"),
        (
            {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t", "ce-time": "now"},
            b"{}",
            "time must be",
        ),
        ({"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t"}, b"<xml/>", "not JSON"),
        (
            {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t", "Content-Type": "text/xml"},
            b"1",
            "JSON",
        ),
    ],
)
def test_what_is_no_cloudevent_is_refused(station: Station, headers: dict[str, str], body: bytes, detail: str) -> None:
    status, answer = post(station, HTTPMessage(headers=headers, body=body))
    assert status == 400
    assert detail in answer["detail"]


@pytest.mark.parametrize("body_format", ["cloudevents_structured", "cloudevents_binary"])
def test_an_event_without_data_goes_out_without(station: Station, body_format: str) -> None:
    topic = f"bare-{body_format}"
    station.subscribe(topic, body_format=body_format)
    headers = {"ce-specversion": "1.0", "ce-id": topic, "ce-source": "/shop", "ce-type": topic}
    assert post(station, HTTPMessage(headers=headers, body=b""))[0] == 202
    arrived = station.first_request(f"/{topic}")
    assert read(arrived).get_data() is None
    is_structured = body_format == "cloudevents_structured"
    assert ("content-type" in {name.lower() for name in arrived.headers}, bool(arrived.body)) == (
        is_structured,
        is_structured,
    )
