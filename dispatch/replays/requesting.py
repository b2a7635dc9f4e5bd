"""Asks for replays and backfills, and stops them. The consumers carry them out."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from dispatch.models import Replay
from dispatch.models.delivery import SETTLED
from dispatch.replays.keys import NO_KEY, Key
from dispatch.replays.selecting import count, count_events
from subscribers.models import Subscriber

MIN_RATE = 0.01
MAX_RATE = 100_000.0
#: Publishers know a new subscriber once it is committed, which may be so long after its past events are asked for.
KNOWN_WITHIN = timedelta(seconds=5)


class ReplayRefusedError(Exception):
    """What was wished cannot be done; the text says why."""


def wish(
    *,
    subscriber: Subscriber | None = None,
    topic: str = "",
    state: str = "",
    reason: str = "",
    statuses: tuple[int, int] | None = None,
    error: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    rate_per_second: float | None = None,
) -> Replay:
    """A replay by criteria, not yet asked for; of `statuses` the first and the last. Raises ReplayRefusedError."""
    status_from, status_to = statuses or (None, None)
    found = Replay(
        kind=Replay.Kind.REPLAY,
        subscriber=subscriber,
        topic=topic,
        state=state,
        reason=reason,
        status_from=status_from,
        status_to=status_to,
        error=error,
        since=since,
        until=until,
        rate_per_second=rate_per_second,
        created_at=timezone.now(),
    )
    if not found.has_criteria:
        raise ReplayRefusedError("Say what to replay: a subscriber, a topic, a state or a time span.")
    if state and state not in SETTLED:
        raise ReplayRefusedError(f"Only settled deliveries can be replayed ({', '.join(SETTLED)}), not {state!r} ones.")
    _check_span(found)
    return found


def backfill_wish(subscriber: Subscriber, since: datetime, rate_per_second: float | None = None) -> Replay:
    """Past events of its topic for a subscriber, not yet asked for. Raises ReplayRefusedError.

    What is published until it is surely known is past as well; those that it has already it does not get again.
    """
    now = timezone.now()
    found = Replay(
        kind=Replay.Kind.BACKFILL,
        subscriber=subscriber,
        topic=subscriber.topic,
        since=since,
        until=now + KNOWN_WITHIN,
        rate_per_second=rate_per_second,
        created_at=now,
    )
    _check_span(found)
    return found


def request(wished: Replay, requested_by: str, key: Key = NO_KEY) -> Replay:
    """Counts what is wished and writes it down; a consumer begins within seconds.

    Raises IntegrityError if `requested_by` has used the key before.
    """
    counted = count_events(wished) if wished.kind == Replay.Kind.BACKFILL else count(wished)
    wished.requested_by = requested_by[:150]
    wished.idempotency_key, wished.content = key
    wished.total = counted.total
    wished.save(force_insert=True)
    return wished


def stop(replay_id: UUID) -> bool:
    """Ends a running replay: no more deliveries are made; those that were go on. False if it was not running."""
    running = Replay.objects.filter(pk=replay_id, status=Replay.Status.RUNNING)
    return bool(running.update(status=Replay.Status.STOPPED, finished_at=timezone.now()))


def _check_span(wished: Replay) -> None:
    if wished.since and wished.since >= (wished.until or wished.created_at):
        raise ReplayRefusedError("The time span is empty: it begins when it is over, or later.")
    rate = wished.rate_per_second
    if rate is not None and not MIN_RATE <= rate <= MAX_RATE:
        raise ReplayRefusedError(f"A rate is between {MIN_RATE:g} and {MAX_RATE:,.0f} a second.")
