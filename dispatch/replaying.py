"""Sends settled deliveries again: each as a new delivery that points at the first one of its event and subscriber."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from dispatch import pushing
from dispatch.identifiers import new_id
from dispatch.jobs import single_job
from dispatch.ledger.accepting import DeliveryRow
from dispatch.ledger.dialect import atomic_cursor, chunks
from dispatch.ledger.replaying import ReplayedRow, insert_replays
from dispatch.models import Delivery, Replay
from dispatch.models.delivery import WAITING
from dispatch.queues import uses_faktory
from dispatch.queues.base import Job

NOT_SETTLED = "not settled yet"
REPLAY_WAITING = "a replay of it is under way"
REPLAY_DELIVERED = "a replay of it was delivered"
SENT_ALREADY = "sent by this replay already"
SUBSCRIBER_DELETED = "its subscriber is deleted"
#: What an operator wants again because it failed is not wanted once it has come through.
FAILED = (Delivery.State.DEAD, Delivery.State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The new deliveries, and how many were refused for which reason."""

    deliveries: list[Delivery] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def jobs(self) -> list[Job]:
        due = [delivery for delivery in self.deliveries if delivery.state == Delivery.State.PENDING]
        return [single_job(delivery.pk, delivery.subscriber.retry_limit) for delivery in due]


def replay(ids: Sequence[UUID], requested_by: str = "") -> Replayed:
    """Replays the deliveries with these ids, all in one transaction, and pushes their jobs after the commit.

    One that is not settled, whose replay is under way, or whose subscriber is deleted is refused. The request is built
    anew from the event and the subscriber as it is now; `webhook-id` stays that of the first delivery. A row of the
    replays says who asked, and what came of it.
    """
    replayed = Replayed()
    with atomic_cursor() as cursor:
        record = Replay.objects.create(
            status=Replay.Status.DONE, requested_by=requested_by[:150], finished_at=timezone.now()
        )
        for chunk in chunks(list(ids), 1):
            found = write_replays(cursor, chunk, record)
            replayed.deliveries.extend(found.deliveries)
            replayed.refused.update(found.refused)
        record.done, record.refused = len(replayed.deliveries), dict(replayed.refused)
        record.total = record.done + replayed.refused.total()
        record.save(update_fields=["done", "refused", "total"])
        jobs = replayed.jobs()
        transaction.on_commit(lambda: pushing.push(jobs))
    return replayed


def write_replays(cursor: CursorWrapper, ids: Sequence[UUID], record: Replay) -> Replayed:
    """Writes the new deliveries of `record` within the transaction of `cursor`; its jobs are the caller's to push."""
    # The lock (SQLite has one for all writers) keeps two operators from replaying the same delivery at once.
    chosen = Delivery.objects.filter(pk__in=ids).select_related("subscriber").select_for_update(of=("self",))
    replayed = _replays(list(chosen.order_by("id")), record)
    rows = [ReplayedRow(_row(delivery), delivery.replay_of_id) for delivery in replayed.deliveries]
    insert_replays(cursor, rows, record.pk, timezone.now(), is_queued=not uses_faktory())
    return replayed


def _replays(chosen: Sequence[Delivery], record: Replay) -> Replayed:
    replayed = Replayed()
    refusals = _refusals({_root(delivery) for delivery in chosen}, record)
    for delivery in chosen:
        root = _root(delivery)
        if reason := _own_refusal(delivery) or refusals.get(root):
            replayed.refused[reason] += 1
            continue
        refusals[root] = REPLAY_WAITING
        replayed.deliveries.append(_replay_of(delivery, record))
    return replayed


def _own_refusal(delivery: Delivery) -> str:
    if not delivery.is_settled:
        return NOT_SETTLED
    return SUBSCRIBER_DELETED if delivery.subscriber.deleted_at else ""


def _refusals(roots: set[UUID], record: Replay) -> dict[UUID, str]:
    """The first deliveries that must not be sent again for the sake of their earlier replays, and why."""
    refusals: dict[UUID, str] = {}
    for root, state, replay_id in Delivery.objects.filter(replay_of__in=roots).values_list(
        "replay_of_id", "state", "replay_id"
    ):
        if reason := _refusal(state, is_ours=replay_id == record.pk, wanted=record.state):
            refusals[root] = reason
    return refusals


def _refusal(state: str, *, is_ours: bool, wanted: str) -> str:
    if is_ours:
        return SENT_ALREADY
    if state in WAITING:
        return REPLAY_WAITING
    return REPLAY_DELIVERED if state == Delivery.State.DELIVERED and wanted in FAILED else ""


def _root(delivery: Delivery) -> UUID:
    return delivery.replay_of_id or delivery.pk


def _replay_of(delivery: Delivery, record: Replay) -> Delivery:
    now = timezone.now()
    is_paused = delivery.subscriber.is_paused
    return Delivery(
        id=new_id(),
        event_id=delivery.event_id,
        subscriber=delivery.subscriber,
        subscriber_revision=delivery.subscriber.revision,
        state=Delivery.State.HELD if is_paused else Delivery.State.PENDING,
        reason=Delivery.Reason.PAUSED if is_paused else Delivery.Reason.NONE,
        due_at=now,
        created_at=now,
        replay_of_id=_root(delivery),
        replay_id=record.pk,
    )


def _row(delivery: Delivery) -> DeliveryRow:
    return DeliveryRow(
        delivery.pk, delivery.event_id, delivery.subscriber_id, delivery.subscriber_revision, delivery.reason
    )
