"""Finds work that is due and in no queue, or whose owner died, and makes it due again."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from dispatch.failing import forget_paused, pause_failing
from dispatch.jobs import fan_out_job
from dispatch.ledger.queueing import mark_queued
from dispatch.ledger.recovering import (
    forget_lost_jobs,
    recover_lost_claims,
    release_paused,
    unqueued_deliveries,
    unqueued_fan_outs,
)
from dispatch.models import Consumer, Delivery
from dispatch.payloads import parse_json
from dispatch.queues.base import Job, Queue
from subscribers.filters import Filter, FilterError, compile_filter
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet

#: A pusher needs no longer from the commit to the queue and the mark.
PUSH_GRACE = timedelta(seconds=10)
#: Consumers write their heartbeat every few seconds.
HEARTBEAT_STALE = timedelta(seconds=30)
FORGET_CONSUMERS_AFTER = timedelta(hours=1)
#: How far the broker's own measure of its oldest job may be off.
BROKER_MARGIN = timedelta(seconds=45)
REPAIRED_CHUNK = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Findings:
    """How much of each kind of stranded work was found and set going."""

    pushed: int = 0
    fan_outs: int = 0
    recovered: int = 0
    lost: int = 0
    forgotten_by_broker: int = 0
    released: int = 0
    paused: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items() if count) or "nothing"


def reconcile(queue: Queue) -> Findings:
    """One pass. Raises DatabaseError or QueueUnavailableError if either does not answer."""
    now = timezone.now()
    recovered, lost = recover_lost_claims(now, living_consumers(now))
    released = release_paused(now) + _release_repaired(now)
    paused = pause_failing(now)
    forget_paused()
    _forget_consumers(now)
    if queue.is_embedded:
        return Findings(recovered=recovered, lost=lost, released=released, paused=paused)
    forgotten = _forget_lost_jobs(queue, now)
    pushed, fan_outs = _push_unqueued(queue, now)
    return Findings(pushed, fan_outs, recovered, lost, forgotten, released, paused)


def living_consumers(now: datetime) -> list[UUID]:
    return list(Consumer.objects.filter(beat_at__gte=now - HEARTBEAT_STALE).values_list("pk", flat=True))


def _forget_consumers(now: datetime) -> None:
    Consumer.objects.filter(beat_at__lt=now - FORGET_CONSUMERS_AFTER).delete()


def _forget_lost_jobs(queue: Queue, now: datetime) -> int:
    oldest = timedelta(seconds=queue.depth().oldest_waiting_seconds)
    return forget_lost_jobs(now - oldest - BROKER_MARGIN, now)


def _push_unqueued(queue: Queue, now: datetime) -> tuple[int, int]:
    deliveries = unqueued_deliveries(now - PUSH_GRACE)
    fan_outs = unqueued_fan_outs(now - PUSH_GRACE)
    jobs = [
        Job(
            id=str(delivery_id),
            deliveries=(delivery_id,),
            retry_limit=retry_limit,
            failures=failures,
            at=due_at if due_at > now else None,
        )
        for delivery_id, retry_limit, failures, due_at in deliveries
    ]
    queue.push([*jobs, *map(fan_out_job, fan_outs)])
    mark_queued([delivery_id for delivery_id, *_ in deliveries], fan_outs)
    return len(deliveries), len(fan_outs)


def _release_repaired(now: datetime) -> int:
    """Judges what was held for a broken filter, once the filter compiles: due, or cancelled if it does not match."""
    held = Delivery.objects.held().filter(reason=Delivery.Reason.BROKEN)
    repaired = _repaired(Subscriber.objects.filter(pk__in=held.values("subscriber")))
    released = 0
    for delivery in held.filter(subscriber__in=repaired).select_related("event").order_by("id")[:REPAIRED_CHUNK]:
        expression = repaired[delivery.subscriber_id]
        takes = expression is None or expression.matches(parse_json(delivery.event.payload))
        released += _settle_repaired(delivery, now, takes=takes)
    return released


def _repaired(subscribers: SubscriberQuerySet) -> dict[int, Filter | None]:
    """The filters of those whose filter compiles, and None for those that are deleted."""
    found = {subscriber.pk: (subscriber, _compiled(subscriber.filter_expression)) for subscriber in subscribers}
    deleted: dict[int, Filter | None] = {pk: None for pk, (subscriber, _) in found.items() if subscriber.deleted_at}
    return {pk: expression for pk, (_, expression) in found.items() if expression} | deleted


def _settle_repaired(delivery: Delivery, now: datetime, *, takes: bool) -> int:
    held = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.HELD)
    if takes:
        return held.update(state=Delivery.State.PENDING, reason="", due_at=now, queued_at=None)
    return held.update(state=Delivery.State.CANCELLED, reason=Delivery.Reason.UNMATCHED, settled_at=now)


def _compiled(expression: str) -> Filter | None:
    try:
        return compile_filter(expression)
    except FilterError:
        return None
