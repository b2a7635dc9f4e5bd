"""Finds work that is due and in no queue, or whose owner died, and makes it due again."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from dispatch.failing import forget_paused, pause_failing
from dispatch.jobs import fan_out_job
from dispatch.judging import release_repaired
from dispatch.ledger.holding import is_pause_over
from dispatch.ledger.queueing import mark_queued
from dispatch.ledger.recovering import (
    FUTURE_MARGIN,
    Unqueued,
    forget_lost_jobs,
    recover_lost_claims,
    unqueued_deliveries,
    unqueued_fan_outs,
)
from dispatch.ledger.releasing import cancel_deleted, release_paused
from dispatch.models import Consumer
from dispatch.queues.base import Job, Queue
from subscribers.models import SubscriberVersion

#: A pusher needs no longer from the commit to the queue and the mark.
PUSH_GRACE = timedelta(seconds=4)
#: Consumers write their heartbeat every few seconds.
HEARTBEAT_STALE = timedelta(seconds=30)
FORGET_CONSUMERS_AFTER = timedelta(hours=1)
#: How far the broker's own measure of its oldest job may be off.
BROKER_MARGIN = timedelta(seconds=45)
#: A pass that has more to do ends here, so that the heartbeat and the lease never wait for it; the next one goes on.
PASS_SECONDS = 3.0
#: These looks go over all that waits, so they are taken seldom in a large backlog.
LOST_JOBS_EVERY_SECONDS = 15.0
LOOK_EVERY_SECONDS = 60.0
#: What is held for a pause is found with a few looks into an index.
LOOK_AT_PAUSED_EVERY_SECONDS = 10.0
#: So long after a change of subscribers every pass looks at what waits for them.
SETTLE_SECONDS = 20.0


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
    paused: int = 0

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items() if count) or "nothing"


class Reconciler:
    """The passes of one process. What seldom changes it looks at only now and then."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self._subscribers = _Subscribers()
        self._look_for_lost_jobs_at = -math.inf

    def run(self, seconds: float = PASS_SECONDS) -> Findings:
        """One pass, which takes up no new chunk of work after so many seconds.

        Raises DatabaseError or QueueUnavailableError if either does not answer.
        """
        deadline = time.monotonic() + seconds
        now = timezone.now()
        recovered, lost = recover_lost_claims(now, living_consumers(now))
        released = cancelled = 0
        if self._subscribers.may_have_changed():
            released, cancelled = _follow_subscribers(now, deadline)
        if released or cancelled:
            self._subscribers.look_again()  # the pass may have ended before the work did
        forget_stale_consumers(now, FORGET_CONSUMERS_AFTER)
        paused = pause_failing(now)
        forget_paused()
        found = Findings(recovered=recovered, lost=lost, released=released, cancelled=cancelled, paused=paused)
        return found if self.queue.is_embedded else found + self._compare_with_queue(now, deadline)

    def _compare_with_queue(self, now: datetime, deadline: float) -> Findings:
        oldest = timedelta(seconds=self.queue.depth().oldest_waiting_seconds)
        forgotten = 0
        if time.monotonic() >= self._look_for_lost_jobs_at:
            forgotten = _repeat(lambda: forget_lost_jobs(now - oldest - BROKER_MARGIN, now), deadline)
            self._look_for_lost_jobs_at = time.monotonic() + LOST_JOBS_EVERY_SECONDS
        fan_outs = _push_fan_outs(self.queue, now, oldest)
        pushed = _repeat(lambda: _push_unqueued(self.queue, now), deadline)
        return Findings(pushed=pushed, fan_outs=fan_outs, forgotten_by_broker=forgotten)


def reconcile(queue: Queue, seconds: float = PASS_SECONDS) -> Findings:
    """One pass that looks at everything; raises what `Reconciler.run` does."""
    return Reconciler(queue).run(seconds)


class _Subscribers:
    """Whether one was resumed, mended or deleted lately: only then anything that waits for one is to be released."""

    def __init__(self) -> None:
        self._version: tuple[int, ...] | None = None
        self._look_until = self._look_at = self._look_at_paused_at = -math.inf

    def look_again(self) -> None:
        self._look_at = -math.inf

    def may_have_changed(self) -> bool:
        version = SubscriberVersion.objects.values_list("number").first()
        now = time.monotonic()
        if version != self._version:
            # A publish that is under way may yet store what it knew before.
            self._version, self._look_until = version, now + SETTLE_SECONDS
        if now < self._look_until or now >= self._look_at:
            self._look_at, self._look_at_paused_at = now + LOOK_EVERY_SECONDS, now + LOOK_AT_PAUSED_EVERY_SECONDS
            return True
        if now >= self._look_at_paused_at:
            self._look_at_paused_at = now + LOOK_AT_PAUSED_EVERY_SECONDS
            return is_pause_over()
        return False


def _follow_subscribers(now: datetime, deadline: float) -> tuple[int, int]:
    """What waited for one that was deleted is cancelled, for one that was resumed or mended is released or judged."""
    cancelled = _repeat(lambda: cancel_deleted(now), deadline)
    released = _repeat(lambda: release_paused(now), deadline)
    taken, left = _judge_repaired(deadline)
    return released + taken, cancelled + left


def living_consumers(now: datetime) -> list[UUID]:
    beats = (now - HEARTBEAT_STALE, now + FUTURE_MARGIN)
    return list(Consumer.objects.filter(beat_at__range=beats).values_list("pk", flat=True))


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


def forget_stale_consumers(now: datetime, after: timedelta = HEARTBEAT_STALE) -> int:
    """Forgets the consumers whose heart has not beaten for so long, or beats in the future; says how many they were.

    One that lives writes its row anew. What they had claimed is recovered all the same.
    """
    is_stale = Q(beat_at__lt=now - after) | Q(beat_at__gt=now + FUTURE_MARGIN)
    forgotten, _ = Consumer.objects.filter(is_stale).delete()
    return forgotten


def _push_unqueued(queue: Queue, now: datetime) -> int:
    deliveries = unqueued_deliveries(now - PUSH_GRACE)
    queue.push([_job(delivery, now) for delivery in deliveries])
    # One that somebody has locked is not marked, and pushed again by the next pass: not by this one, over and over.
    return mark_queued([delivery_id for delivery_id, *_ in deliveries], [])


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
