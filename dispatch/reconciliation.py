"""Finds work that is due and in no queue, or whose owner died, and makes it due again."""

import time
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from dispatch.jobs import fan_out_job
from dispatch.judging import release_repaired
from dispatch.ledger.queueing import mark_queued
from dispatch.ledger.recovering import (
    Unqueued,
    forget_lost_jobs,
    recover_lost_claims,
    unqueued_deliveries,
    unqueued_fan_outs,
)
from dispatch.ledger.releasing import cancel_deleted, release_paused
from dispatch.models import Consumer
from dispatch.queues.base import Job, Queue

#: A pusher needs no longer from the commit to the queue and the mark.
PUSH_GRACE = timedelta(seconds=4)
#: Consumers write their heartbeat every few seconds.
HEARTBEAT_STALE = timedelta(seconds=30)
FORGET_CONSUMERS_AFTER = timedelta(hours=1)
#: How far the broker's own measure of its oldest job may be off.
BROKER_MARGIN = timedelta(seconds=45)
#: A pass that has more to do ends here, so that the heartbeat and the lease never wait for it; the next one goes on.
PASS_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Findings:
    """How much of each kind of stranded work was found and set going."""

    pushed: int = 0
    fan_outs: int = 0
    recovered: int = 0
    lost: int = 0
    forgotten_by_broker: int = 0
    released: int = 0
    cancelled: int = 0

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items() if count) or "nothing"


def reconcile(queue: Queue, seconds: float = PASS_SECONDS) -> Findings:
    """One pass, which takes up no new chunk of work after so many seconds.

    Raises DatabaseError or QueueUnavailableError if either does not answer.
    """
    deadline = time.monotonic() + seconds
    now = timezone.now()
    recovered, lost = recover_lost_claims(now, living_consumers(now))
    cancelled = _repeat(lambda: cancel_deleted(now), deadline)
    released = _repeat(lambda: release_paused(now), deadline)
    taken, left = _judge_repaired(deadline)
    forget_stale_consumers(now, FORGET_CONSUMERS_AFTER)
    forgotten = pushed = fan_outs = 0
    if not queue.is_embedded:
        oldest = timedelta(seconds=queue.depth().oldest_waiting_seconds)
        forgotten = _repeat(lambda: forget_lost_jobs(now - oldest - BROKER_MARGIN, now), deadline)
        fan_outs = _push_fan_outs(queue, now, oldest)
        pushed = _repeat(lambda: _push_unqueued(queue, now), deadline)
    return Findings(pushed, fan_outs, recovered, lost, forgotten, released + taken, cancelled + left)


def living_consumers(now: datetime) -> list[UUID]:
    return list(Consumer.objects.filter(beat_at__gte=now - HEARTBEAT_STALE).values_list("pk", flat=True))


def _repeat(step: Callable[[], int], deadline: float) -> int:
    """Does chunk after chunk until one finds nothing, or the time is over; returns how much was done."""
    done = 0
    while count := step():
        done += count
        if time.monotonic() > deadline:
            break
    return done


def _judge_repaired(deadline: float) -> tuple[int, int]:
    released = cancelled = 0
    while any(counts := release_repaired()):
        released, cancelled = released + counts[0], cancelled + counts[1]
        if time.monotonic() > deadline:
            break
    return released, cancelled


def forget_stale_consumers(now: datetime, after: timedelta = HEARTBEAT_STALE) -> None:
    """Forgets the consumers whose heart has not beaten for so long; what they had claimed is recovered all the same."""
    Consumer.objects.filter(beat_at__lt=now - after).delete()


def _push_unqueued(queue: Queue, now: datetime) -> int:
    deliveries = unqueued_deliveries(now - PUSH_GRACE)
    queue.push([_job(delivery, now) for delivery in deliveries])
    mark_queued([delivery_id for delivery_id, *_ in deliveries], [])
    return len(deliveries)


def _job(delivery: Unqueued, now: datetime) -> Job:
    delivery_id, retry_limit, failures, due_at = delivery
    return Job(
        id=str(delivery_id),
        deliveries=(delivery_id,),
        retry_limit=retry_limit,
        failures=failures,
        at=due_at if due_at > now else None,
    )


def _push_fan_outs(queue: Queue, now: datetime, oldest_waiting: timedelta) -> int:
    """A fan-out's job may wait behind the others; one that is older than all of them has lost its consumer."""
    fan_outs = unqueued_fan_outs(now - PUSH_GRACE, now - oldest_waiting - PUSH_GRACE)
    queue.push([fan_out_job(event_id) for event_id in fan_outs])
    mark_queued([], fan_outs)
    return len(fan_outs)
