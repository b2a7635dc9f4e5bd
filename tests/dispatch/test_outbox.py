"""Events that belong to the transaction of the code that publishes them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from dispatch.models import Delivery, Event
from dispatch.outbox import publish_on_commit
from dispatch.payloads import PayloadError
from dispatch.publishing import IdempotencyConflictError
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


class UndoneError(Exception):
    pass


def publish_and_undo() -> None:
    with transaction.atomic():
        publish_on_commit("orders", {})
        raise UndoneError


def test_the_event_and_its_deliveries_come_with_the_commit() -> None:
    make_subscriber(topic="orders", filter_expression='data["body"]["total"] > 100')
    with transaction.atomic():
        accepted = publish_on_commit("orders", {"body": {"total": 150}}, author="shop")
    event = Event.objects.get()
    assert (event.id, event.author, event.matched) == (accepted.id, "shop", 1)
    assert Delivery.objects.filter(event=event, state="pending").count() == 1


def test_a_transaction_that_is_undone_takes_the_event_with_it() -> None:
    make_subscriber(topic="orders")
    with pytest.raises(UndoneError):
        publish_and_undo()
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def test_a_key_names_an_event() -> None:
    first = publish_on_commit("orders", {"body": 1}, key="7")
    assert publish_on_commit("orders", {"body": 1}, key="7").id == first.id
    with pytest.raises(IdempotencyConflictError):
        publish_on_commit("orders", {"body": 2}, key="7")


def test_what_a_publish_refuses_is_refused_before_anything_is_stored() -> None:
    with pytest.raises(PayloadError, match="line breaks"):
        publish_on_commit("orders", {"headers": {"X": "a\nb"}})
    with pytest.raises(PayloadError, match="topic"):
        publish_on_commit(" ", {})
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"key": 7}, "The key must be a string, not int."),
        ({"key": 0}, "The key must be a string, not int."),
        ({"key": UUID(int=7)}, "The key must be a string, not UUID."),
        ({"key": "k" * 256}, "longer than 255"),
        ({"author": "a" * 256}, "The author must be a string of at most 255 characters."),
        ({"author": "a\x00"}, "The author must be a string"),
        ({"author": "\ud800"}, "The author must be a string"),
        ({"author": None}, "The author must be a string"),
    ],
    ids=lambda given: ascii(given)[:20],
)
def test_keys_and_authors_that_no_publish_can_have_are_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        publish_on_commit("orders", {}, **given)
    assert not Event.objects.exists()


def nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"body": {"t": float("nan")}}, "It cannot be written as JSON: Out of range float values"),
        ({"body": float("inf")}, "It cannot be written as JSON: Out of range float values"),
        ({"body": object()}, "Object of type object is not JSON serializable"),
        ({"body": nested(3_000)}, "nested too deep"),
        ({"body": nested(300)}, "nested deeper than"),
        ({"body": {1: "a", "1": "b"}}, "the key '1' twice"),
        ([], "object"),
        (None, "object"),
        ("text", "object"),
    ],
    ids=["nan", "inf", "no JSON", "very deep", "deep", "twice", "list", "none", "text"],
)
def test_what_is_no_payload_is_refused_in_words(data: Any, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        publish_on_commit("orders", data)
    assert not Event.objects.exists()


def test_what_django_writes_in_json_is_taken() -> None:
    moment = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
    accepted = publish_on_commit("orders", {"body": {"at": moment, "price": Decimal("1.10"), "id": UUID(int=1)}})
    assert json.loads(Event.objects.get(pk=accepted.id).payload)["body"] == {
        "at": "2026-11-28T12:30:00Z",
        "price": "1.10",
        "id": str(UUID(int=1)),
    }
