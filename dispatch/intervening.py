"""An operator steps in: a delivery is tried at once instead of later, or never again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dispatch import pushing
from dispatch.ledger.health import end_pause
from dispatch.ledger.holding import BACKLOG_REASONS
from dispatch.ledger.intervening import cancel, make_due
from dispatch.models import Delivery, Health
from dispatch.models.delivery import SETTLED
from dispatch.queues import uses_faktory
from dispatch.queues.base import Job

DUE_NOW = "Due now: a consumer takes it at once."
PROBED_NOW = "Its subscriber is tried at once, with this delivery or another. Once that is answered, all follow."
STOPPED = "Stopped: it is cancelled."

PAUSED = "Nothing is sent to a paused subscriber: resume it first."
BROKEN = "As long as its filter does not compile, nothing tells whether the subscriber wants it: mend the filter first."
THROTTLED = (
    "The subscriber said itself for how long to wait. Who knows better pauses it and resumes it some seconds later: "
    "that forgets what it said."
)
PROBED = "The subscriber is being tried just now, with another delivery. Once that is answered, all follow."
RATE = "It is in line, and goes as the subscriber's rate limit allows: raise the limit to send it sooner."
IN_LINE = "It is in line, and goes as soon as the subscriber has answered enough of what is on its way."


class NotWaitingError(Exception):
    """The delivery is in a state in which this cannot be done; the text says which."""


def try_now(delivery_id: UUID) -> str:
    """Makes a pending delivery due now and tells the queue. Whether it is pending or held: a subscriber that is left
    alone because it kept failing is tried now. Says in a sentence what was done. Raises NotWaitingError.

    The broker's own job for a later retry stays with it, and is acknowledged unsent when its time comes.
    """
    now = timezone.now()
    with transaction.atomic():
        if make_due(delivery_id, now, is_queued=not uses_faktory()):
            _hurry(delivery_id, now)
            return DUE_NOW
    delivery = Delivery.objects.get(pk=delivery_id)
    if is_left_alone(delivery) and end_pause(delivery.subscriber_id, now):
        return PROBED_NOW
    raise NotWaitingError(_standing(delivery, why_not_now(delivery)))


def stop_trying(delivery_id: UUID) -> str:
    """Cancels a delivery that waits, and says so. Raises NotWaitingError."""
    if not cancel(delivery_id, timezone.now()):
        raise NotWaitingError(_standing(Delivery.objects.get(pk=delivery_id)))
    return STOPPED


def is_left_alone(delivery: Delivery) -> bool:
    """Whether it is held, and its subscriber is left alone because it kept failing: a pause that can be ended."""
    breaker, cause = _breaker(delivery)
    return _is_in_line(delivery) and breaker == Health.Breaker.OPEN and cause != Health.Cause.THROTTLED


def why_not_now(delivery: Delivery) -> str:
    """Why a delivery that is held cannot be tried now, and what to do instead; empty if it can be."""
    if delivery.state != Delivery.State.HELD:
        return ""
    if not _is_in_line(delivery):
        return PAUSED if delivery.reason == Delivery.Reason.PAUSED else BROKEN
    breaker, cause = _breaker(delivery)
    if breaker == Health.Breaker.HALF_OPEN:
        return PROBED
    if breaker == Health.Breaker.OPEN:
        return THROTTLED if cause == Health.Cause.THROTTLED else ""
    return RATE if delivery.reason == Delivery.Reason.RATE else IN_LINE


def _is_in_line(delivery: Delivery) -> bool:
    """Whether it is held for want of capacity, which ends by itself."""
    return delivery.state == Delivery.State.HELD and delivery.reason in BACKLOG_REASONS


def _breaker(delivery: Delivery) -> tuple[str, str]:
    """The state of its subscriber's breaker, and the cause."""
    found = Health.objects.filter(pk=delivery.subscriber_id).values_list("breaker", "cause").first()
    return found or (Health.Breaker.CLOSED, Health.Cause.NONE)


def _hurry(delivery_id: UUID, now: datetime) -> None:
    """Tells the queue of a delivery that was made due, and has its subscriber tried if it is left alone."""
    columns = ("subscriber_id", "subscriber__retry_limit", "failures")
    subscriber_id, retry_limit, failures = Delivery.objects.values_list(*columns).get(pk=delivery_id)
    end_pause(subscriber_id, now)
    job = Job(str(delivery_id), (delivery_id,), retry_limit=retry_limit, failures=failures)
    transaction.on_commit(lambda: pushing.push([job]))


def _standing(delivery: Delivery, why: str = "It is sent once that ends.") -> str:
    if delivery.state in SETTLED:
        return f"The delivery is settled: it is {delivery.state}. It can be replayed."
    if delivery.state == Delivery.State.HELD:
        return f"The delivery is held: {Delivery.Reason(delivery.reason).label}. {why}"
    return "A consumer is sending the delivery just now."
