"""Carries out a replay step by step: each is one transaction that moves its cursor and writes the new deliveries."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from dispatch import pushing
from dispatch.ledger.dialect import atomic_cursor
from dispatch.ledger.replaying import move_cursor
from dispatch.models import Delivery, Replay
from dispatch.replaying import Written, write_replays
from dispatch.replays import backfilling
from dispatch.replays.pacing import allowance, paced
from dispatch.replays.selecting import next_window
from dispatch.replays.steps import Step

#: Deliveries that one step writes at most; the database is locked for so long.
STEP = 250
#: Deliveries of a replay that wait for their first try, at most.
AHEAD = 2_000
#: Windows without a single delivery that a step passes before it writes down where it is.
EMPTY_WINDOWS = 20


def running() -> list[UUID]:
    """The replays that are to be carried out, the oldest first."""
    found = Replay.objects.filter(status=Replay.Status.RUNNING).order_by("pk")
    return list(found.values_list("pk", flat=True))


def advance(replay_id: UUID) -> bool:
    """Does one step. True if another can follow at once; False if it must wait, is over, or was stopped.

    Raises DatabaseError; then nothing of the step is written, and it may be done again, by any process.
    """
    replay = Replay.objects.filter(pk=replay_id, status=Replay.Status.RUNNING).select_related("subscriber").first()
    if replay is None:
        return False
    now = timezone.now()
    limit = _limit(replay, now)
    if limit <= 0:
        return False
    is_backfill = replay.kind == Replay.Kind.BACKFILL
    step = backfilling.next_step(replay, limit, now) if is_backfill else _next_step(replay, limit)
    return not step.is_empty and _write(replay, step, now) and not step.is_last


def _limit(replay: Replay, now: datetime) -> int:
    room = min(STEP, AHEAD - waiting_ahead(replay))
    if replay.rate_per_second is None:
        return room
    return min(room, allowance(replay.rate_per_second, replay.advanced_at, now))


def waiting_ahead(replay: Replay) -> int:
    """How many of its newest deliveries wait for their first try. Those of a paused subscriber are in nobody's way."""
    newest = replay.deliveries.order_by("-id").values("pk")[:AHEAD]
    is_held = Q(state=Delivery.State.HELD) & ~Q(reason__in=(Delivery.Reason.PAUSED, Delivery.Reason.BROKEN))
    is_due = Q(state__in=(Delivery.State.PENDING, Delivery.State.CLAIMED))
    return Delivery.objects.filter(is_due | is_held, pk__in=newest, attempts=0).count()


def _next_step(replay: Replay, limit: int) -> Step:
    cursor = replay.looked_until
    for _ in range(EMPTY_WINDOWS):
        window = next_window(replay, cursor, limit)
        cursor = window.cursor
        if window.ids or window.is_last:
            break
    return Step(cursor, window.is_last, lambda database: write_replays(database, window.ids, replay))


def _write(replay: Replay, step: Step, now: datetime) -> bool:
    with atomic_cursor() as database:
        if not move_cursor(database, replay.pk, replay.looked_until, step.cursor, is_narrow=replay.is_narrow):
            return False
        written = step.write(database)
        _note(replay, step, written, now)
        transaction.on_commit(lambda: pushing.push(written.jobs))
    return True


def _note(replay: Replay, step: Step, written: Written, now: datetime) -> None:
    rate = replay.rate_per_second
    changes: dict[str, Any] = {
        "done": F("done") + len(written.ids),
        "refused": dict(Counter(replay.refused) + written.refused),
        "advanced_at": paced(rate, replay.advanced_at, now, len(written.ids)) if rate else now,
    }
    if step.is_last:
        changes |= {"status": Replay.Status.DONE, "finished_at": now}
    Replay.objects.filter(pk=replay.pk).update(**changes)
