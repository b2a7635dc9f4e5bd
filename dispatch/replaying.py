"""Sends settled deliveries again: each as a new delivery that points at the first one of its event and subscriber."""

from collections import Counter
from collections.abc import Mapping, Sequence
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
from dispatch.models.delivery import SETTLED, WAITING
from dispatch.querysets import DeliveryQuerySet
from dispatch.queues import uses_faktory
from dispatch.queues.base import Job
from dispatch.replays.keys import NO_KEY, Key
from subscribers.models import Subscriber

NOT_SETTLED = "not settled yet"
REPLAY_WAITING = "a replay of it is under way"
REPLAY_DELIVERED = "a replay of it was delivered"
SENT_ALREADY = "sent by this replay already"
SUBSCRIBER_DELETED = "its subscriber is deleted"
#: What an operator wants again because it failed is not wanted once it has come through.
FAILED = (Delivery.State.DEAD, Delivery.State.CANCELLED)
NO_KEY_COLUMNS = {"idempotency_key": NO_KEY.text, "content": NO_KEY.content}


@dataclass(frozen=True, slots=True)
class Written:
    """The ids of new deliveries, how many were refused for which reason, and the jobs to push after the commit."""

    ids: list[UUID] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    jobs: list[Job] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The new deliveries, how many were refused for which reason, and the row that says who asked."""

    deliveries: list[Delivery]
    refused: Counter[str]
    record: Replay


def replay(ids: Sequence[UUID], requested_by: str = "", key: Key = NO_KEY) -> Replayed:
    """Replays the deliveries with these ids, all in one transaction, and pushes their jobs after the commit.

    One that is not settled, whose replay is under way, or whose subscriber is deleted is refused. The request is built
    anew from the event and the subscriber as it is now; `webhook-id` stays that of the first delivery. A row of the
    replays says who asked, and what came of it; under which key only if anything was replayed, so that a request that
    was refused may be repeated. Raises IntegrityError if `requested_by` has used the key before.
    """
    made: list[UUID] = []
    refused: Counter[str] = Counter()
    jobs: list[Job] = []
    with atomic_cursor() as cursor:
        record = Replay.objects.create(
            status=Replay.Status.DONE,
            requested_by=requested_by[:150],
            idempotency_key=key.text,
            content=key.content,
            finished_at=timezone.now(),
        )
        for chunk in chunks(list(ids), 1):
            written = write_replays(cursor, chunk, record)
            made += written.ids
            refused += written.refused
            jobs += written.jobs
        counts = {"done": len(made), "refused": dict(refused), "total": len(made) + refused.total()}
        Replay.objects.filter(pk=record.pk).update(**counts, **({} if made else NO_KEY_COLUMNS))
        transaction.on_commit(lambda: pushing.push(jobs))
    return Replayed(list(Delivery.objects.filter(replay=record).order_by("pk")), refused, record)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is needed of a delivery to replay it: whole models cost several times as much, within a transaction."""

    id: UUID
    event_id: UUID
    subscriber_id: int
    state: str
    replay_of: UUID | None

    @property
    def first(self) -> UUID:
        return self.replay_of or self.id


def count_replayable(ids: Sequence[UUID]) -> int:
    """How many of the deliveries with these ids `replay` would take now."""
    chosen = _read(Delivery.objects.filter(pk__in=ids))
    accepted, _ = _sorted_out(chosen, _subscribers_of(chosen), Replay(state=""))
    return len(accepted)


def refusal(delivery_id: UUID) -> str:
    """Why `replay` would refuse the delivery now; empty if it would take it."""
    chosen = _read(Delivery.objects.filter(pk=delivery_id))
    _, refused = _sorted_out(chosen, _subscribers_of(chosen), Replay(state=""))
    return next(iter(refused), "")


def refusing_states(wanted: str) -> list[str]:
    """The states of an earlier replay that keep its first delivery from being sent again, where those in the state
    `wanted` are; empty for any.
    """
    refusing = (*WAITING, Delivery.State.DELIVERED) if wanted in FAILED else WAITING
    return [state.value for state in refusing]


def write_replays(cursor: CursorWrapper, ids: Sequence[UUID], record: Replay) -> Written:
    """Writes the new deliveries of `record` within the transaction of `cursor`; the jobs are the caller's to push."""
    # The lock (SQLite has one for all writers) keeps two operators from replaying the same delivery at once.
    chosen = _read(Delivery.objects.filter(pk__in=ids).select_for_update())
    subscribers = _subscribers_of(chosen)
    accepted, refused = _sorted_out(chosen, subscribers, record)
    rows = [ReplayedRow(_row(each, subscribers[each.subscriber_id]), each.first) for each in accepted]
    insert_replays(cursor, rows, record.pk, timezone.now(), is_queued=not uses_faktory())
    new = [row.delivery for row in rows]
    due = [single_job(row.id, subscribers[row.subscriber_id].retry_limit) for row in new if not row.hold_reason]
    return Written([row.id for row in new], refused, due)


def _read(deliveries: DeliveryQuerySet) -> list[_Chosen]:
    columns = ("pk", "event_id", "subscriber_id", "state", "replay_of_id")
    return [_Chosen(*row) for row in deliveries.order_by("pk").values_list(*columns)]


def _subscribers_of(chosen: Sequence[_Chosen]) -> dict[int, Subscriber]:
    return Subscriber.objects.in_bulk({each.subscriber_id for each in chosen})


def _sorted_out(
    chosen: Sequence[_Chosen], subscribers: Mapping[int, Subscriber], record: Replay
) -> tuple[list[_Chosen], Counter[str]]:
    accepted: list[_Chosen] = []
    refused: Counter[str] = Counter()
    refusals = _refusals({each.first for each in chosen}, record)
    for each in chosen:
        if reason := _own_refusal(each, subscribers[each.subscriber_id]) or refusals.get(each.first):
            refused[reason] += 1
            continue
        refusals[each.first] = REPLAY_WAITING
        accepted.append(each)
    return accepted, refused


def _own_refusal(chosen: _Chosen, subscriber: Subscriber) -> str:
    if chosen.state not in SETTLED:
        return NOT_SETTLED
    return SUBSCRIBER_DELETED if subscriber.deleted_at else ""


def _refusals(firsts: set[UUID], record: Replay) -> dict[UUID, str]:
    """The first deliveries that must not be sent again for the sake of their earlier replays, and why."""
    refusals: dict[UUID, str] = {}
    earlier = Delivery.objects.filter(replay_of__in=firsts).values_list("replay_of_id", "state", "replay_id")
    for first, state, replay_id in earlier:
        if first and (reason := _refusal(state, is_ours=replay_id == record.pk, wanted=record.state)):
            refusals[first] = reason
    return refusals


def _refusal(state: str, *, is_ours: bool, wanted: str) -> str:
    if is_ours:
        return SENT_ALREADY
    if state in WAITING:
        return REPLAY_WAITING
    return REPLAY_DELIVERED if state in refusing_states(wanted) else ""


def _row(chosen: _Chosen, subscriber: Subscriber) -> DeliveryRow:
    reason = Delivery.Reason.PAUSED.value if subscriber.is_paused else ""
    return DeliveryRow(new_id(), chosen.event_id, chosen.subscriber_id, subscriber.revision, reason)
