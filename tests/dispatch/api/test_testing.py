"""What is asked before a change: a test against a real receiver, explanations, back-tests."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from dispatch.models import Attempt, Delivery
from subscribers.models import Subscriber
from tests.dispatch.api.caller import Caller, machine
from tests.dispatch.ledger.rows import make_event, make_subscriber
from tests.flows.receiver import Answer, Received, Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]

SECRETIVE = {"body": {"total": 7, "note": "top-secret-value"}, "headers": {"Authorization": "top-secret-value"}}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    def answer(request: Received) -> Answer:
        return Answer(418, {"X-Pot": "tea", "Set-Cookie": "session=1"}, b"short and stout \x00\xff")

    with Receiver(answer) as receiver:
        yield receiver


def test_a_test_sends_a_sample_and_shows_both_sides(api: Caller, receiver: Receiver) -> None:
    secret = "whsec_" + "c" * 40
    subscriber = make_subscriber(topic="order.*", target_url=f"{receiver.url}/orders/:id", secret=secret)
    answer = api.post(f"subscribers/{subscriber.pk}/test")
    (request,) = receiver.wait_for(1)
    assert (request.path, request.headers["switch-topic"], request.headers["switch-test"]) == (
        *("/orders/test", "order.test"),
        "true",
    )
    sent, received = answer.json["request"], answer.json["response"]
    assert (sent["method"], sent["url"]) == ("POST", f"{receiver.url}/orders/test")
    assert json.loads(sent["body"]) == request.json
    headers = {each["name"].lower(): each["value"] for each in sent["headers"]}
    assert (headers["webhook-id"], headers["webhook-signature"]) == (request.headers["webhook-id"], "***")
    assert received["status"] == 418
    assert {"name": "X-Pot", "value": "tea"} in received["headers"]
    assert {"name": "Set-Cookie", "value": "***"} in received["headers"]
    assert received["body"] == "short and stout \\x00\\xff"
    assert (answer.json["error"], answer.json["total_ms"] > 0) == ("", True)


def test_a_test_counts_nowhere(api: Caller, receiver: Receiver) -> None:
    subscriber = make_subscriber(target_url=receiver.url)
    api.post(f"subscribers/{subscriber.pk}/test")
    assert not Attempt.objects.exists()
    assert not Delivery.objects.exists()


def test_a_paused_subscriber_can_be_tested(api: Caller, receiver: Receiver) -> None:
    subscriber = make_subscriber(target_url=receiver.url, state="paused")
    assert api.post(f"subscribers/{subscriber.pk}/test").json["response"]["status"] == 418


def test_a_test_sends_an_event_or_data_of_ones_own(api: Caller, receiver: Receiver) -> None:
    path = f"subscribers/{make_subscriber(target_url=receiver.url).pk}/test"
    event = make_event(payload='{"body": {"n": 1.10}}')
    api.post(path, {"event": str(event.pk)})
    api.post(path, {"data": {"body": [1], "http_method": "PUT"}})
    first, second = receiver.wait_for(2)
    assert (first.body, first.headers["switch-event-id"]) == (b'{"n":1.10}', str(event.pk))
    assert (second.method, second.json) == ("PUT", [1])


def test_a_test_goes_nowhere_that_a_delivery_may_not(api: Caller, receiver: Receiver) -> None:
    subscriber = make_subscriber(target_url=receiver.url)
    with override_settings(SWITCH_DELIVERY_NETWORKS="public"):
        answer = api.post(f"subscribers/{subscriber.pk}/test").json
    assert (answer["response"], answer["error_kind"]) == (None, "forbidden_address")
    assert receiver.requests == []


def test_a_test_that_makes_no_request_says_why(api: Caller) -> None:
    subscriber = make_subscriber(target_url="http://127.0.0.1:9/:id")
    answer = api.post(f"subscribers/{subscriber.pk}/test", {"data": {"body": 1}}).json
    assert (answer["request"], answer["response"], answer["error_kind"]) == (None, None, "bad_request")
    assert "id" in answer["error"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"data": {"http_method": "BREW"}}, "data.http_method"),
        ({"data": {"headers": {"X-A": "a\nb"}}}, "data.headers.X-A"),
        ({"data": []}, "data"),
        ({"event": "no id"}, "event"),
        ({"event": "0198c0de-0000-7000-8000-000000000000"}, "event"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_place(api: Caller, given: dict[str, Any], field: str) -> None:
    answer = api.post(f"subscribers/{make_subscriber().pk}/test", given)
    assert (answer.status, [each["field"] for each in answer.json["errors"]]) == (400, [field])


def test_an_explanation_judges_every_part(api: Caller) -> None:
    subscriber = make_subscriber(filter_expression='data["body"]["total"] > 5 and data["absent"] == 1')
    answer = api.post(f"subscribers/{subscriber.pk}/explain", {"data": {"body": {"total": 7}}})
    whole = answer.json["explanation"]
    assert (answer.json["holds"], whole["verdict"], whole["value"]) == (False, "unknown", "")
    assert [(part["text"], part["verdict"]) for part in whole["parts"]] == [
        ('data["body"]["total"] > 5', "true"),
        ('data["absent"] == 1', "unknown"),
    ]
    (total,) = whole["parts"][0]["parts"]
    assert (total["value"], total["parts"]) == ("7", [])


def test_an_event_is_explained_by_its_id(api: Caller) -> None:
    event = make_event(payload='{"body": {"total": 7}}')
    subscriber = make_subscriber(filter_expression='data["body"]["total"] > 5')
    path = f"subscribers/{subscriber.pk}/explain"
    assert api.post(path, {"event": str(event.pk)}).json["holds"] is True
    assert api.post(path, {"event": str(event.pk), "expression": "1 == 2"}).json["holds"] is False
    assert api.post("explain", {"event": str(event.pk), "expression": "1 == 1"}).json["holds"] is True


@pytest.mark.parametrize(
    "expression",
    [
        'data["headers"]["Authorization"] == "x"',
        'data["headers"]["Authorization"][0:5] == "x"',
        'data["headers"] == 1',
        'str(data["headers"]) == "x"',
        'data["body"]["note"] == "x"',
        'any([str(value) == "x" for value in [data["headers"]]])',
        'int(data["body"]["note"]) == 1',
    ],
)
def test_no_explanation_shows_what_stands_under_a_secret_name(api: Caller, expression: str) -> None:
    answer = api.post("explain", {"expression": expression, "data": SECRETIVE})
    assert answer.status == 200
    assert "top-s" not in json.dumps(answer.json)


def test_a_long_value_is_shortened(api: Caller) -> None:
    answer = api.post("explain", {"expression": 'data["body"] == 1', "data": {"body": "x" * 10_000}})
    (body,) = answer.json["explanation"]["parts"]
    assert (len(body["value"]), body["value"][-1]) == (201, "…")


def test_a_stored_filter_that_is_broken_is_explained_as_such(api: Caller) -> None:
    subscriber = make_subscriber()
    Subscriber.objects.update(filter_expression="data[")
    answer = api.post(f"subscribers/{subscriber.pk}/explain", {"data": {}})
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "filter_refused")


def test_who_only_reads_cannot_ask_events_by_expressions_of_his_own() -> None:
    """Verdict by verdict they would tell what is masked."""
    reader, event, subscriber = machine("subscribers:read", "events:read"), make_event(), make_subscriber()
    guess = {"event": str(event.pk), "expression": "1 == 1"}
    assert reader.post(f"subscribers/{subscriber.pk}/explain", {"event": str(event.pk)}).status == 200
    refused = [
        reader.post("explain", guess),
        reader.post(f"subscribers/{subscriber.pk}/explain", guess),
        reader.post(f"subscribers/{subscriber.pk}/back-test", {"expression": "1 == 1"}),
        reader.post("back-test", {"topic": "orders", "expression": "1 == 1"}),
        machine("subscribers:read", name="blind").post(
            f"subscribers/{subscriber.pk}/explain", {"event": str(event.pk)}
        ),
    ]
    assert [answer.status for answer in refused] == [403] * 5


def test_a_back_test_tells_what_is_gained_and_lost(api: Caller) -> None:
    small, middle, large = (make_event(payload=f'{{"body": {{"total": {total}}}}}') for total in (1, 5, 9))
    other = make_event(payload='{"body": 1}')
    make_event(topic="invoices")
    subscriber = make_subscriber(filter_expression='data["body"]["total"] < 6')
    answer = api.post(f"subscribers/{subscriber.pk}/back-test", {"expression": 'data["body"]["total"] > 4'}).json
    assert (answer["looked_at"], answer["is_cut_short"]) == (4, False)
    assert answer["taken"] == {"count": 2, "events": [str(large.pk), str(middle.pk)]}
    assert answer["gained"] == {"count": 1, "events": [str(large.pk)]}
    assert answer["lost"] == {"count": 1, "events": [str(small.pk)]}
    assert answer["unknown"] == {"count": 1, "events": [str(other.pk)]}


def test_a_back_test_of_a_pattern_before_there_is_a_subscriber(api: Caller) -> None:
    wanted = [make_event(topic=topic) for topic in ("order.made", "order.paid")]
    make_event(topic="invoice")
    answer = api.post("back-test", {"topic": "order.*", "expression": ""}).json
    assert answer["looked_at"] == 2
    assert answer["gained"] == answer["taken"] == {"count": 2, "events": [str(event.pk) for event in reversed(wanted)]}


def test_a_back_test_needs_an_expression_that_compiles(api: Caller) -> None:
    answer = api.post("back-test", {"topic": "orders", "expression": "data["})
    assert (answer.status, answer.json["errors"][0]["field"], "line" in answer.json["errors"][0]) == (
        *(400, "expression"),
        True,
    )
