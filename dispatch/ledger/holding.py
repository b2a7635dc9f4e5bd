"""What is held for want of capacity: who has such deliveries, more that belong to them, and their way out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from dispatch.ledger.claiming import CLAIM, CLAIMED_COLUMNS, SUSPECT_FROM, Claim, claim_rows
from dispatch.ledger.dialect import is_postgres, placeholders, to_database, values

#: These end by themselves, and any consumer that has room takes what is held for them.
BACKLOG_REASONS = ("capped", "rate", "breaker", "throttled")
#: How many of the longest due are looked through at once for those to hold.
LOOKED_THROUGH = 2_000


def backlogs() -> dict[int, list[str]]:
    """The subscribers that have a backlog, and for which reasons; in steps from one to the next by the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found(id) AS ("
            "SELECT min(subscriber_id) FROM delivery WHERE state = 'held' UNION ALL "
            "SELECT (SELECT min(subscriber_id) FROM delivery WHERE state = 'held' AND subscriber_id > found.id) "
            "FROM found WHERE found.id IS NOT NULL) "
            f"SELECT found.id, why.column1 FROM found, ({values(('text',), len(BACKLOG_REASONS))}) AS why "
            "WHERE found.id IS NOT NULL AND EXISTS (SELECT 1 FROM delivery "
            "WHERE state = 'held' AND subscriber_id = found.id AND reason = why.column1)",
            list(BACKLOG_REASONS),
        )
        found: dict[int, list[str]] = {}
        for subscriber_id, reason in cursor.fetchall():
            found.setdefault(subscriber_id, []).append(reason)
    return found


def claim_held(
    owner: UUID, subscriber_id: int, reason: str, limit: int, now: datetime, *, newest: bool = False
) -> list[Claim]:
    """Claims up to `limit` that are held for the subscriber and this reason, the oldest first, or the newest."""
    order = "DESC" if newest else "ASC"
    chosen = (
        "SELECT id FROM delivery WHERE state = 'held' AND subscriber_id = %s AND reason = %s "
        f"ORDER BY id {order} LIMIT %s"
    )
    chosen = f"= ANY(ARRAY({chosen} FOR UPDATE SKIP LOCKED))" if is_postgres() else f"IN ({chosen})"
    return claim_rows(
        f"{CLAIM} WHERE id {chosen} AND state = 'held' RETURNING {CLAIMED_COLUMNS}",
        owner,
        now,
        [subscriber_id, reason, limit],
    )


def hold_due(reasons: Mapping[int, str], now: datetime) -> int:
    """Holds deliveries of these subscribers, each for its reason, among those that are due longest; returns how many.

    So a long line of one subscriber is out of everybody's way at once, and not claimed bit by bit to be held.
    """
    return sum(_hold_due(reason, _with(reasons, reason), now) for reason in sorted(set(reasons.values())))


def _with(reasons: Mapping[int, str], reason: str) -> Sequence[int]:
    return [subscriber_id for subscriber_id, theirs in reasons.items() if theirs == reason]


def _hold_due(reason: str, subscribers: Collection[int], now: datetime) -> int:
    due = (
        "SELECT id, subscriber_id, lost_claims FROM delivery WHERE state = 'pending' AND due_at <= %s "
        f"ORDER BY due_at LIMIT {LOOKED_THROUGH}"
    )
    lock = " FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    theirs = (
        f"SELECT id FROM ({due}{lock}) AS due "
        f"WHERE lost_claims < {SUSPECT_FROM} AND subscriber_id IN ({placeholders(len(subscribers))})"
    )
    chosen = f"= ANY(ARRAY({theirs}))" if is_postgres() else f"IN ({theirs})"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'held', reason = %s, queued_at = NULL "
            f"WHERE id {chosen} AND state = 'pending'",
            [reason, to_database(now), *subscribers],
        )
        return int(cursor.rowcount)
