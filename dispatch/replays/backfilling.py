"""One step of a backfill: past events become deliveries of a subscriber that did not exist when they were published."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from dispatch.identifiers import first_id_at
from dispatch.jobs import single_job
from dispatch.ledger.replaying import ReplayedRow, insert_replays
from dispatch.models import Event, Replay
from dispatch.payloads import parse_json
from dispatch.publishing import delivery_row
from dispatch.queues import uses_faktory
from dispatch.replaying import SUBSCRIBER_DELETED, Written
from dispatch.replays.selecting import events
from dispatch.replays.steps import Step
from subscribers import matching
from subscribers.matching import Candidate

NOT_TAKEN = "its filter does not take the event"
HAS_IT = "it has the event already"
#: An event is visible once its publish has committed, which may be so long after its id was made.
COMMIT_GRACE = timedelta(seconds=5)
#: Payloads in memory at once; one that is larger comes alone.
MAX_BYTES = 4 << 20
#: Events that one step looks at, at most.
EVENTS = 250


def next_step(replay: Replay, limit: int, now: datetime) -> Step:
    """Judges the next events by the filter as it is now, until `limit` of them are taken."""
    if replay.subscriber is None or replay.subscriber.deleted_at:
        return Step(replay.cursor, True, lambda cursor: Written(refused=Counter({SUBSCRIBER_DELETED: 1})))
    horizon = min(replay.until or now, now - COMMIT_GRACE)
    candidate = matching.newest().candidate(replay.subscriber.pk)
    found, is_halted = _events(replay, horizon) if candidate else ([], True)
    if candidate is None or not found:
        is_over = horizon == replay.until and not is_halted
        return Step(replay.cursor, is_over, lambda cursor: Written(), is_empty=not is_over)
    looked_at, taken = _judged(candidate, found, limit)
    return Step(looked_at[-1], False, lambda cursor: _write(cursor, replay, candidate, looked_at, taken, now))


def _events(replay: Replay, horizon: datetime) -> tuple[list[UUID], bool]:
    """The next ones, and whether the one behind them has to be waited for: its own deliveries are still being written.

    They come first, so that `matched` counts them, and what its subscriber has already is known.
    """
    behind = events(replay).filter(pk__lt=first_id_at(horizon))
    if replay.cursor:
        behind = behind.filter(pk__gt=replay.cursor)
    found: list[UUID] = []
    size = 0
    for event_id, event_size, fan_out in behind.values_list("pk", "size", "fan_out")[:EVENTS]:
        if fan_out == Event.FanOut.PENDING:
            return found, True
        size += event_size
        if found and size > MAX_BYTES:
            break
        found.append(event_id)
    return found, False


def _judged(candidate: Candidate, event_ids: Sequence[UUID], limit: int) -> tuple[list[UUID], list[UUID]]:
    """The events that were looked at, and those of them that are taken."""
    looked_at, taken = [], []
    for event_id, payload in Event.objects.filter(pk__in=event_ids).order_by("pk").values_list("pk", "payload"):
        looked_at.append(event_id)
        if matching.takes(candidate, parse_json(payload)):
            taken.append(event_id)
        if len(taken) == limit:
            return looked_at, taken
    return list(event_ids), taken


def _write(
    cursor: CursorWrapper,
    replay: Replay,
    candidate: Candidate,
    looked_at: Sequence[UUID],
    taken: Sequence[UUID],
    now: datetime,
) -> Written:
    # Retention goes on meanwhile; what is locked, it leaves.
    there = set(Event.objects.filter(pk__in=taken).select_for_update(no_key=True).values_list("pk", flat=True))
    rows = [ReplayedRow(delivery_row(event_id, candidate), None) for event_id in taken if event_id in there]
    written = insert_replays(cursor, rows, replay.pk, now, is_queued=not uses_faktory())
    refused = Counter({NOT_TAKEN: len(looked_at) - len(taken), HAS_IT: len(taken) - len(written)})
    due = [] if candidate.hold_reason else [single_job(each, candidate.retry_limit) for each in written]
    return Written(sorted(written), +refused, due)
