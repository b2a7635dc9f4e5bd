"""Counters of a recent past, as the consumers fold them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dispatch.models import AttemptCounter, DelayCounter, EventCounter
from dispatch.models.counter import BUCKET_BOUNDS_MS
from subscribers.models import Subscriber

#: The bucket of up to 10 ms, and that of up to a minute.
QUICK, SLOW = BUCKET_BOUNDS_MS.index(10), BUCKET_BOUNDS_MS.index(60_000)


def minute(ago: timedelta) -> datetime:
    return (timezone.now() - ago).replace(second=0, microsecond=0)


def published(
    ago: timedelta, events: int, deliveries: int, topic: str = "orders", author: str = "shop"
) -> EventCounter:
    return EventCounter.objects.create(
        minute=minute(ago), topic=topic, author=author, events=events, deliveries=deliveries
    )


def tried(ago: timedelta, subscriber: Subscriber, result: str, count: int, **fields: Any) -> AttemptCounter:
    given = {"topic": subscriber.topic, "bucket": QUICK, **fields}
    return AttemptCounter.objects.create(minute=minute(ago), subscriber=subscriber, result=result, count=count, **given)


def arrived_within(ago: timedelta, bucket: int, count: int, topic: str = "orders") -> DelayCounter:
    return DelayCounter.objects.create(minute=minute(ago), topic=topic, bucket=bucket, count=count)
