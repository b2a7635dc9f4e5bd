"""Rows for tests that begin in the middle: events and deliveries as a publish, or a consumer, has left them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from dispatch.consumer.loading import claim, load
from dispatch.consumer.settlements import Settled, settled
from dispatch.consumer.work import Work
from dispatch.identifiers import new_id
from dispatch.ledger.claiming import LEASE
from dispatch.models import Delivery, Event
from dispatch.outcomes import Outcome
from dispatch.queues.base import Job
from subscribers.models import Subscriber

PAYLOAD = '{"body":{"total":150}}'


def make_subscriber(**fields: Any) -> Subscriber:
    given = {"topic": "orders", "target_url": "http://127.0.0.1:9/hook", **fields}
    return Subscriber.objects.create(**given)


def make_event(**fields: Any) -> Event:
    given: dict[str, Any] = {
        "topic": "orders",
        "author": "shop",
        "payload": PAYLOAD,
        "size": len(PAYLOAD),
        "matched": 1,
    }
    return Event.objects.create(**{**given, **_as_moments(fields)})


def make_delivery(subscriber: Subscriber | None = None, event: Event | None = None, **fields: Any) -> Delivery:
    """A delivery that is due, unless `fields` say something else; claimed and settled ones get what they must have.

    A field given as a timedelta is a moment so far from now.
    """
    now = timezone.now()
    given: dict[str, Any] = {"due_at": now - timedelta(seconds=1), "subscriber_revision": 1}
    if fields.get("state") == "claimed":
        given |= {"owner": new_id(), "lease_until": now + LEASE}
    if fields.get("state") in ("delivered", "dead", "cancelled"):
        given["settled_at"] = now
    return Delivery.objects.create(
        event=event or make_event(), subscriber=subscriber or make_subscriber(), **{**given, **_as_moments(fields)}
    )


def _as_moments(fields: dict[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    return {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}


def make_deliveries(count: int, **fields: Any) -> list[Delivery]:
    """Deliveries of one subscriber, each of an event of its own, in one statement."""
    subscriber = make_subscriber()
    due_at = timezone.now() - timedelta(seconds=1)
    events = Event.objects.bulk_create(
        Event(topic="orders", author="shop", payload=PAYLOAD, size=len(PAYLOAD), matched=1) for _ in range(count)
    )
    given = {"subscriber": subscriber, "subscriber_revision": 1, "due_at": due_at, **fields}
    return Delivery.objects.bulk_create(Delivery(event=event, **given) for event in events)


def job_for(delivery: Delivery, **fields: Any) -> Job:
    return Job(id=str(delivery.pk), deliveries=(delivery.pk,), **fields)


def take(owner: UUID, jobs: Iterable[Job]) -> list[Work]:
    """The works that a consumer gets out of fetched jobs."""
    fetched = list(jobs)
    claims = claim(owner, fetched)
    return load(claims, fetched) if claims else []


def done(work: Work, outcome: Outcome, *, is_embedded: bool, now: datetime | None = None) -> Settled:
    """The work as if it had been sent and `outcome` had come of it."""
    work.started_at = now or timezone.now()
    work.outcome = outcome
    return settled(work, now or timezone.now(), is_embedded=is_embedded)
