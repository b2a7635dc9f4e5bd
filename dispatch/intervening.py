"""An operator steps in: a delivery is tried at once instead of later, or never again."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dispatch import pushing
from dispatch.ledger.intervening import cancel, make_due
from dispatch.models import Delivery
from dispatch.models.delivery import SETTLED
from dispatch.queues import uses_faktory
from dispatch.queues.base import Job


class NotWaitingError(Exception):
    """The delivery is in a state in which this cannot be done; the text says which."""


def try_now(delivery_id: UUID) -> None:
    """Makes a pending delivery due now and tells the queue. Raises NotWaitingError.

    The broker's own job for a later retry stays with it, and is acknowledged unsent when its time comes.
    """
    with transaction.atomic():
        if not make_due(delivery_id, timezone.now(), is_queued=not uses_faktory()):
            raise NotWaitingError(_standing(delivery_id))
        retry_limit, failures = Delivery.objects.values_list("subscriber__retry_limit", "failures").get(pk=delivery_id)
        job = Job(str(delivery_id), (delivery_id,), retry_limit=retry_limit, failures=failures)
        transaction.on_commit(lambda: pushing.push([job]))


def stop_trying(delivery_id: UUID) -> None:
    """Cancels a delivery that waits. Raises NotWaitingError."""
    if not cancel(delivery_id, timezone.now()):
        raise NotWaitingError(_standing(delivery_id))


def _standing(delivery_id: UUID) -> str:
    delivery = Delivery.objects.get(pk=delivery_id)
    if delivery.state in SETTLED:
        return f"The delivery is settled: it is {delivery.state}. It can be replayed."
    if delivery.state == Delivery.State.HELD:
        return f"The delivery is held: {Delivery.Reason(delivery.reason).label}. It is sent once that ends."
    return "A consumer is sending the delivery just now."
