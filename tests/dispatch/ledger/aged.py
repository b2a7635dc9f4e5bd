"""Ledgers whose rows are as old as a test wants them: their ids, as in life, are of the time of their making."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from dispatch.identifiers import first_id_at, new_id
from dispatch.models import Attempt, Delivery, Event
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import PAYLOAD, make_delivery, make_event

SETTLED = ("delivered", "dead", "cancelled")


def id_at(moment: datetime) -> UUID:
    """A new id as it would have been made at that moment."""
    return UUID(int=first_id_at(moment).int | (new_id().int & ((1 << 80) - 1)))


def aged_event(days: float, **fields: Any) -> Event:
    moment = timezone.now() - timedelta(days=days)
    return make_event(**{"id": id_at(moment), "received_at": moment, **fields})


def aged_delivery(event: Event, subscriber: Subscriber, state: str, days: float = 0, **fields: Any) -> Delivery:
    """A delivery made with its event, and settled so many days ago if its state is a settled one; it has an attempt."""
    given = {"id": id_at(event.received_at), "created_at": event.received_at, "state": state, "attempts": 1}
    if state in SETTLED:
        given["settled_at"] = timezone.now() - timedelta(days=days)
    if state == "held":
        given["reason"] = "paused"
    delivery = make_delivery(subscriber, event, **{**given, **fields})
    for number in range(1, delivery.attempts + 1):
        make_try(delivery, number)
    return delivery


def make_try(delivery: Delivery, number: int) -> Attempt:
    return Attempt.objects.create(
        delivery=delivery,
        number=number,
        started_at=delivery.created_at,
        method="POST",
        url="http://127.0.0.1:9/hook",
        request_headers="",
        status=200,
        total_ms=1.5,
    )


def many_aged(count: int, days: float, subscriber: Subscriber, state: str = "delivered") -> None:
    """So many events received and settled that long ago, each with one delivery and its attempt, in few statements."""
    moment = timezone.now() - timedelta(days=days)
    events = [
        Event(
            id=id_at(moment),
            topic="orders",
            author="shop",
            payload=PAYLOAD,
            size=len(PAYLOAD),
            received_at=moment,
            matched=1,
        )
        for _ in range(count)
    ]
    given = {"state": state, "settled_at": moment if state in SETTLED else None, "attempts": 1, "created_at": moment}
    deliveries = [
        Delivery(id=id_at(moment), event=event, subscriber=subscriber, subscriber_revision=1, due_at=moment, **given)
        for event in events
    ]
    Event.objects.bulk_create(events)
    Delivery.objects.bulk_create(deliveries)
    Attempt.objects.bulk_create(
        Attempt(
            delivery=delivery,
            number=1,
            started_at=moment,
            method="POST",
            url="",
            request_headers="",
            status=200,
            total_ms=1,
        )
        for delivery in deliveries
    )
