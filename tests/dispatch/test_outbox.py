"""Events that belong to the transaction of the code that publishes them."""

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
