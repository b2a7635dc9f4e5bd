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
from dispatch.rates import available
from dispatch.replaying import refusal

DUE_NOW = "Due now: a consumer takes it at once."
DUE_BUT = "Due now, but not sent at once."
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
            return _hurry(delivery_id, now)
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
    health = _health(delivery)
    is_open = health.breaker == Health.Breaker.OPEN and health.cause != Health.Cause.THROTTLED
    return is_open and _is_in_line(delivery)


def why_not_now(delivery: Delivery) -> str:
    """Why a delivery that is held cannot be tried now, and what to do instead; empty if it can be."""
    if delivery.state != Delivery.State.HELD:
        return ""
    if not _is_in_line(delivery):
        return PAUSED if delivery.reason == Delivery.Reason.PAUSED else BROKEN
    health = _health(delivery)
    return _shut_off(health) if health.breaker != Health.Breaker.CLOSED else _line(delivery.reason)


def why_held_then(delivery: Delivery) -> str:
    """Why a pending delivery that is tried now is held, as the gate of the consumers decides; empty if it is sent."""
    if delivery.state != Delivery.State.PENDING:
        return ""
    if delivery.subscriber.is_paused:
        return PAUSED
    health = _health(delivery)
    if health.breaker != Health.Breaker.CLOSED:
        has_waited = health.cause == Health.Cause.THROTTLED and delivery.deferred_seconds > 0
        return "" if has_waited else _shut_off(health)
    line = Delivery.objects.held().filter(subscriber=delivery.subscriber_id, reason__in=BACKLOG_REASONS)
    for reason in line.order_by("subscriber_id", "reason").values_list("reason", flat=True)[:1]:
        return _line(reason)
    rate = delivery.subscriber.rate_limit_per_second
    return RATE if rate and not available(health.rate_due_at, rate, timezone.now()) else ""


def _is_in_line(delivery: Delivery) -> bool:
    """Whether it is held for want of capacity, which ends by itself."""
    return delivery.state == Delivery.State.HELD and delivery.reason in BACKLOG_REASONS


def _health(delivery: Delivery) -> Health:
    well = Health(breaker=Health.Breaker.CLOSED, cause=Health.Cause.NONE)
    return Health.objects.filter(pk=delivery.subscriber_id).first() or well


def _shut_off(health: Health) -> str:
    """What keeps off a subscriber whose breaker is not closed; empty for a pause that can be ended."""
    if health.breaker == Health.Breaker.HALF_OPEN:
        return PROBED
    return THROTTLED if health.cause == Health.Cause.THROTTLED else ""


def _line(reason: str) -> str:
    return RATE if reason == Delivery.Reason.RATE else IN_LINE


def _hurry(delivery_id: UUID, now: datetime) -> str:
    """Tells the queue of a delivery that was made due, and has its subscriber tried if it is left alone."""
    delivery = Delivery.objects.select_related("subscriber").get(pk=delivery_id)
    retry_limit, failures = delivery.subscriber.retry_limit, delivery.failures
    job = Job(str(delivery_id), (delivery_id,), retry_limit=retry_limit, failures=failures)
    transaction.on_commit(lambda: pushing.push([job]))
    if end_pause(delivery.subscriber_id, now):
        return PROBED_NOW
    why = why_held_then(delivery)
    return f"{DUE_BUT} {why}" if why else DUE_NOW


def _standing(delivery: Delivery, why: str = "It is sent once that ends.") -> str:
    if delivery.state in SETTLED:
        refused = refusal(delivery.pk)
        can = f"It cannot be replayed: {refused}." if refused else "It can be replayed."
        return f"The delivery is settled: it is {delivery.state}. {can}"
    if delivery.state == Delivery.State.HELD:
        return f"The delivery is held: {Delivery.Reason(delivery.reason).label}. {why}"
    return "A consumer is sending the delivery just now."
