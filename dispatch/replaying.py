"""Sends settled deliveries again: each as a new delivery that points at the first one of its event and subscriber."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dispatch import pushing
from dispatch.jobs import single_job
from dispatch.models import Delivery
from dispatch.models.delivery import WAITING
from dispatch.queues import uses_faktory

NOT_SETTLED = "not settled yet"
REPLAY_WAITING = "a replay of it is under way"
SUBSCRIBER_DELETED = "its subscriber is deleted"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The new deliveries, and how many were refused for which reason."""

    deliveries: list[Delivery] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


def replay(ids: Sequence[UUID]) -> Replayed:
    """Replays the deliveries with these ids, all in one transaction, and pushes their jobs after the commit.

    One that is not settled, whose replay is under way, or whose subscriber is deleted is refused. The request is built
    anew from the event and the subscriber as it is now; `webhook-id` stays that of the first delivery.
    """
    with transaction.atomic():
        # The lock (SQLite has one for all writers) keeps two operators from replaying the same delivery at once.
        chosen = Delivery.objects.filter(pk__in=ids).select_related("subscriber").select_for_update(of=("self",))
        replayed = _replays(list(chosen.order_by("id")))
        Delivery.objects.bulk_create(replayed.deliveries)
        jobs = [
            single_job(delivery.pk, delivery.subscriber.retry_limit)
            for delivery in replayed.deliveries
            if delivery.state == Delivery.State.PENDING
        ]
        transaction.on_commit(lambda: pushing.push(jobs))
    return replayed


def _replays(chosen: list[Delivery]) -> Replayed:
    replayed = Replayed()
    roots = {_root(delivery) for delivery in chosen}
    under_way = set(Delivery.objects.filter(replay_of__in=roots, state__in=WAITING).values_list("replay_of", flat=True))
    for delivery in chosen:
        if reason := _refusal(delivery, under_way):
            replayed.refused[reason] += 1
            continue
        under_way.add(_root(delivery))
        replayed.deliveries.append(_replay_of(delivery))
    return replayed


def _refusal(delivery: Delivery, under_way: set[UUID | None]) -> str:
    if not delivery.is_settled:
        return NOT_SETTLED
    if _root(delivery) in under_way:
        return REPLAY_WAITING
    return SUBSCRIBER_DELETED if delivery.subscriber.deleted_at else ""


def _root(delivery: Delivery) -> UUID:
    return delivery.replay_of_id or delivery.pk


def _replay_of(delivery: Delivery) -> Delivery:
    now = timezone.now()
    is_paused = delivery.subscriber.is_paused
    return Delivery(
        event_id=delivery.event_id,
        subscriber=delivery.subscriber,
        subscriber_revision=delivery.subscriber.revision,
        state=Delivery.State.HELD if is_paused else Delivery.State.PENDING,
        reason=Delivery.Reason.PAUSED if is_paused else Delivery.Reason.NONE,
        due_at=now,
        queued_at=None if uses_faktory() else now,
        created_at=now,
        replay_of_id=_root(delivery),
    )
