"""What becomes of deliveries that wait for a subscriber which was resumed, mended or deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from dispatch.ledger.dialect import chunks, placeholders, to_database, to_id
from dispatch.ledger.holding import BACKLOG_REASONS
from dispatch.ledger.recovering import FUTURE_MARGIN
from dispatch.verdicts import MAX_DEFERRAL

#: Rows of one statement: more would keep SQLite's publishers waiting for the lock.
CHUNK = 5_000

#: One whose row is missing is as good as deleted.
WAITS_FOR_DELETED = (
    "state IN ('pending', 'held') AND NOT EXISTS "
    "(SELECT 1 FROM subscriber WHERE id = delivery.subscriber_id AND deleted_at IS NULL)"
)
PAUSE_HAS_ENDED = (
    "state = 'held' AND reason = 'paused' AND subscriber_id IN "
    "(SELECT id FROM subscriber WHERE state = 'active' AND deleted_at IS NULL)"
)
#: Nobody ever looks for these: no reason of them is one to hold for.
HELD_FOR_NOTHING = f"state = 'held' AND reason NOT IN ({', '.join(map(repr, ('paused', 'broken', *BACKLOG_REASONS)))})"

#: A retry may wait for as long as its subscriber allows; a first try for no longer than a subscriber may ask for.
FIRST_TRY_TOO_LATE = "state = 'pending' AND failures = 0 AND due_at > %s"


def latest_first_try(now: datetime) -> datetime:
    return now + MAX_DEFERRAL + FUTURE_MARGIN


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that is held for a broken filter."""

    delivery_id: UUID
    event_id: UUID
    subscriber_id: int


def cancel_deleted(now: datetime) -> int:
    """Cancels up to `CHUNK` deliveries that wait for subscribers that are deleted or missing; returns how many."""
    return _update(
        "state = 'cancelled', reason = 'deleted', settled_at = %s, queued_at = NULL", WAITS_FOR_DELETED, [now]
    )


def release_paused(now: datetime) -> int:
    """Makes due up to `CHUNK` of what was held for subscribers that are active again; returns how many."""
    return _update("state = 'pending', reason = '', due_at = %s, queued_at = NULL", PAUSE_HAS_ENDED, [now])


def release_held_for_nothing(now: datetime) -> int:
    """Makes due up to `CHUNK` of what is held for a reason that holds nothing; returns how many."""
    return _update("state = 'pending', reason = '', due_at = %s, queued_at = NULL", HELD_FOR_NOTHING, [now])


def bring_forward(now: datetime) -> int:
    """Makes due up to `CHUNK` of the first tries that a wrong clock put off too far; returns how many."""
    return _update("due_at = %s, queued_at = NULL", FIRST_TRY_TOO_LATE, [now], [latest_first_try(now)])


def held_as_broken(subscribers: Sequence[int], limit: int) -> list[Held]:
    """What is held for the filters of these subscribers, the oldest events first."""
    if not subscribers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event_id, subscriber_id FROM delivery WHERE state = 'held' AND reason = 'broken' "
            f"AND subscriber_id IN ({placeholders(len(subscribers))}) ORDER BY event_id, id LIMIT %s",
            [*subscribers, limit],
        )
        return [Held(to_id(row[0]), to_id(row[1]), row[2]) for row in cursor.fetchall()]


def release_judged(takes: Sequence[UUID], leaves: Sequence[UUID], now: datetime) -> tuple[int, int]:
    """Makes due what the mended filters take, and cancels what they leave; returns how many of each were still held."""
    released = _settle_held(takes, "state = 'pending', reason = '', due_at = %s, queued_at = NULL", now)
    cancelled = _settle_held(leaves, "state = 'cancelled', reason = 'unmatched', settled_at = %s", now)
    return released, cancelled


def _settle_held(ids: Sequence[UUID], assignments: str, now: datetime) -> int:
    changed = 0
    with connection.cursor() as cursor:
        for chunk in chunks(ids, 1):
            cursor.execute(
                f"UPDATE delivery SET {assignments} WHERE id IN ({placeholders(len(chunk))}) "
                "AND state = 'held' AND reason = 'broken'",
                [to_database(now), *map(to_database, chunk)],
            )
            changed += int(cursor.rowcount)
    return changed


def _update(assignments: str, condition: str, parameters: Sequence[Any], sought: Sequence[Any] = ()) -> int:
    """Finds the rows before it takes a lock: a look that finds nothing costs the publishers nothing.

    `sought` are the parameters of the condition.
    """
    found = [*map(to_database, sought)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM delivery WHERE {condition} LIMIT {CHUNK}", found or None)
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        cursor.execute(
            f"UPDATE delivery SET {assignments} WHERE id IN ({placeholders(len(ids))}) AND {condition}",
            [*map(to_database, parameters), *ids, *found],
        )
        return int(cursor.rowcount)
