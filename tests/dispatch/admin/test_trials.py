"""A test from the form: to the saved URL as a delivery, to an unsaved one without anything that is stored."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client, override_settings
from django.urls import reverse

from dispatch import turns
from dispatch.models import Attempt, AttemptCounter, Delivery
from tests.dispatch.admin.test_workbench import signed_in_as
from tests.dispatch.ledger.rows import make_event, make_subscriber
from tests.flows.receiver import Answer, Receiver

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + "c" * 40
PAYLOAD = '{"body":{"total":5},"headers":{"Authorization":"Bearer hunter2"}}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(lambda request: Answer(418, {"Set-Cookie": "s=1"}, b"tea")) as receiver:
        yield receiver


def send(client: Client, subscriber: Any = None, **fields: Any) -> dict[str, Any]:
    given = {"target_url": subscriber.target_url, "subscriber": subscriber.pk} if subscriber else {}
    answer = client.post(reverse("admin:subscribers_subscriber_trial"), {**given, **fields})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_an_event_goes_to_the_saved_url_with_what_a_delivery_has(admin_client: Client, receiver: Receiver) -> None:
    subscriber = make_subscriber(target_url=receiver.url, secret=SECRET, filter_expression='data["body"]["total"] > 9')
    event = make_event(payload=PAYLOAD, size=len(PAYLOAD))
    answer = send(admin_client, subscriber, event=str(event.pk))
    (request,) = receiver.wait_for(1)
    assert (request.headers["authorization"], "webhook-signature" in request.headers) == ("Bearer hunter2", True)
    assert (answer["is_saved"], answer["is_success"], answer["response"]["status"]) == (True, False, 418)
    assert answer["notes"] == ["The saved filter would not take this event: it is false."]
    shown = {each["name"]: each["value"] for each in answer["request"]["headers"]}
    assert (shown["Authorization"], shown["webhook-signature"]) == ("***", "***")
    assert {"name": "Set-Cookie", "value": "***"} in answer["response"]["headers"]


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"filter_expression": 'data["gone"] == 1'}, "it is unknown. There is no key 'gone'."),
        ({"topic": "invoices"}, "of the topic orders, which the subscriber does not want"),
        ({"state": "paused"}, "is paused"),
    ],
)
def test_it_says_why_a_delivery_would_not_come_about(
    admin_client: Client, receiver: Receiver, fields: dict[str, str], note: str
) -> None:
    subscriber = make_subscriber(target_url=receiver.url, **fields)
    notes = send(admin_client, subscriber, event=str(make_event().pk))["notes"]
    assert [note in each for each in notes] == [True]


TAKES_NO_SAMPLE = 'data["body"]["message"] == "never"'


def test_an_unsaved_filter_is_judged_on_the_sample(admin_client: Client, receiver: Receiver) -> None:
    fields = {"target_url": receiver.url, "topic": "orders"}
    judged = {
        TAKES_NO_SAMPLE: ["The filter in the form would not take this event: it is false."],
        'data["gone"]': ["The filter in the form would not take this event: it is unknown. There is no key 'gone'."],
        "data[": ["The filter in the form does not compile."],
        'data["body"]["message"] != ""': [],
        "": [],
    }
    found = {each: send(admin_client, **fields, filter_expression=each)["notes"] for each in judged}
    assert found == judged


def test_an_edited_filter_is_judged_beside_the_saved_one(admin_client: Client, receiver: Receiver) -> None:
    subscriber = make_subscriber(target_url=receiver.url)
    edited = send(admin_client, subscriber, filter_expression=TAKES_NO_SAMPLE)["notes"]
    assert edited == ["The filter in the form would not take this event: it is false."]
    subscriber = make_subscriber(target_url=receiver.url, filter_expression=TAKES_NO_SAMPLE)
    kept = send(admin_client, subscriber, filter_expression=f"{TAKES_NO_SAMPLE}\r\n")["notes"]
    assert kept == ["The saved filter would not take this event: it is false."]


def test_who_may_not_write_asks_events_by_no_expression_of_their_own(receiver: Receiver) -> None:
    operator = signed_in_as("operator")
    group = Group.objects.get(name="operator")
    group.permissions.remove(*group.permissions.filter(codename__in=["change_subscriber", "add_subscriber"]))
    subscriber = make_subscriber(target_url=receiver.url)
    assert send(operator, subscriber, filter_expression=TAKES_NO_SAMPLE)["notes"] == []


def test_a_test_is_logged_and_counted_nowhere(
    admin_client: Client, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber = make_subscriber(target_url=receiver.url)
    with caplog.at_level(logging.INFO, "dispatch.trying"):
        send(admin_client, subscriber)
        send(admin_client, target_url=receiver.url, topic="orders")
    assert [record.getMessage().split(" with ")[0] for record in caplog.records] == [
        f"Subscriber {subscriber.pk} was tried by admin",
        "A URL that is not saved was tried by admin",
    ]
    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()
    assert not AttemptCounter.objects.exists()


def test_an_unsaved_url_gets_a_sample_unsigned(admin_client: Client, receiver: Receiver) -> None:
    subscriber = make_subscriber(target_url="http://127.0.0.1:9/", secret=SECRET)
    url = f"{receiver.url}/new/:id"
    answer = send(admin_client, subscriber, target_url=url, topic="orders")
    (request,) = receiver.wait_for(1)
    assert (request.path, request.json) == ("/new/test", {"message": "A test of this subscriber, sent by Switch."})
    assert "webhook-signature" not in request.headers
    assert (answer["is_saved"], answer["response"]["status"]) == (False, 418)


def test_no_event_goes_to_an_unsaved_url(admin_client: Client, receiver: Receiver) -> None:
    answer = send(admin_client, target_url=receiver.url, topic="orders", event=str(make_event().pk))
    assert "only sent to the saved URL" in answer["problem"]
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"target_url": "ftp://127.0.0.1/", "topic": "orders"}, "http"),
        ({"target_url": "http://127.0.0.1:6379/", "topic": "orders"}, "6379"),
        ({"target_url": "http://127.0.0.1/", "topic": ""}, "needs a name"),
    ],
)
def test_what_could_not_be_saved_is_not_sent(admin_client: Client, fields: dict[str, str], problem: str) -> None:
    assert problem in send(admin_client, **fields)["problem"]


def test_a_test_goes_nowhere_that_a_delivery_may_not(admin_client: Client, receiver: Receiver) -> None:
    with override_settings(SWITCH_DELIVERY_NETWORKS="public"):
        saved = send(admin_client, make_subscriber(target_url=receiver.url))
        unsaved = send(admin_client, target_url=receiver.url, topic="orders")
        named = send(admin_client, target_url=receiver.url.replace("127.0.0.1", "localhost"), topic="orders")
    assert saved["error_kind"] == named["error_kind"] == "forbidden_address"
    assert "SWITCH_DELIVERY_NETWORKS" in unsaved["problem"]
    assert receiver.requests == []


def test_a_test_needs_the_right_to_replay(receiver: Receiver) -> None:
    fields = {"target_url": receiver.url, "topic": "orders"}
    path = reverse("admin:subscribers_subscriber_trial")
    assert signed_in_as("viewer").post(path, fields).status_code == 403
    operator = signed_in_as("operator")
    assert operator.post(path, fields).json()["response"]["status"] == 418
    group = Group.objects.get(name="operator")
    group.permissions.remove(group.permissions.get(codename="change_delivery"))
    assert operator.post(path, fields).status_code == 403


def test_tests_wait_for_no_turn(admin_client: Client, receiver: Receiver) -> None:
    with turns.turn(), turns.turn():
        assert "try again" in send(admin_client, make_subscriber(target_url=receiver.url))["problem"]
    assert receiver.requests == []
