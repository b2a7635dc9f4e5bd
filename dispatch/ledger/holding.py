"""What is held for want of capacity: who has such deliveries, more that belong to them, and their way out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from dispatch.ledger.claiming import CLAIM, CLAIMED_COLUMNS, SUSPECT_FROM, Claim, claim_rows
from dispatch.ledger.dialect import as_table, as_time, by, is_postgres, of_state, placeholders, to_database, values

#: These end by themselves, and any consumer that has room takes what is held for them.
BACKLOG_REASONS = ("capped", "rate", "breaker", "throttled")
PAUSED = "'paused'"
#: How many of the longest due are looked through at once for those to hold.
LOOKED_THROUGH = 2_000


def backlogs() -> dict[int, list[str]]:
    """The subscribers that have a backlog, and for which reasons; in steps from one to the next by the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_found()} SELECT found.id, why.column1 FROM found, "
            f"({values(('text',), len(BACKLOG_REASONS))}) AS why "
            f"WHERE found.id IS NOT NULL AND {_has_held('why.column1')}",
            list(BACKLOG_REASONS),
        )
        found: dict[int, list[str]] = {}
        for subscriber_id, reason in cursor.fetchall():
            found.setdefault(subscriber_id, []).append(reason)
    return found


def is_pause_over() -> bool:
    """Whether anything is held for the pause of a subscriber that is active; in the same steps."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_found()} SELECT 1 FROM found JOIN subscriber ON subscriber.id = found.id "
            f"WHERE subscriber.state = 'active' AND deleted_at IS NULL AND {_has_held(PAUSED)} LIMIT 1"
        )
        return cursor.fetchone() is not None


def _held() -> str:
    return f"FROM delivery{by('delivery_held')} WHERE state = 'held'"


def _found() -> str:
    """The ids of the subscribers for whom anything is held, each with one look into the index; at the end, null."""
    return (
        "WITH RECURSIVE found(id) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT "
        f"(SELECT subscriber_id {_held()} AND subscriber_id > found.id ORDER BY subscriber_id, reason, id LIMIT 1) "
        "FROM found WHERE found.id IS NOT NULL)"
    )


def _has_held(reason: str) -> str:
    # Not EXISTS: Postgres would read all that is held. In this order only the one index gives them.
    first = f"{_held()} AND subscriber_id = found.id AND reason >= {reason} ORDER BY reason, id LIMIT 1"
    return f"{reason} = (SELECT reason {first})"


def oldest_in_line(free_at: datetime) -> datetime | None:
    """When the oldest delivery of the backlogs was due, or None if there is none.

    Of each backlog the first counts; those of subscribers that are paused, or left alone beyond `free_at`, do not.
    """
    lines = [(subscriber_id, reason) for subscriber_id, reasons in backlogs().items() for reason in reasons]
    if not lines:
        return None
    table, parameters = as_table(lines, ("bigint", "text"))
    first = (  # as `claim_held` finds it
        f"SELECT due_at FROM delivery{by('delivery_held')} WHERE state = 'held' AND subscriber_id = line.column1 "
        "AND reason >= line.column2 AND reason <= line.column2 ORDER BY reason, id LIMIT 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(({first})) FROM ({table}) AS line "
            "JOIN subscriber ON subscriber.id = line.column1 AND subscriber.state = 'active' AND deleted_at IS NULL "
            "LEFT JOIN health ON health.subscriber_id = line.column1 AND breaker <> 'closed' AND open_until > %s "
            "WHERE health.subscriber_id IS NULL",
            [*parameters, to_database(free_at)],
        )
        [due_at] = cursor.fetchone()
        return None if due_at is None else as_time(due_at)


def claim_held(
    owner: UUID, subscriber_id: int, reason: str, limit: int, now: datetime, *, newest: bool = False
) -> list[Claim]:
    """Claims up to `limit` that are held for the subscriber and this reason, the oldest first, or the newest."""
    order = "DESC" if newest else "ASC"
    # As a range and in this order: Postgres could take the primary key for `ORDER BY id`, and read the whole table.
    chosen = (
        f"SELECT id FROM delivery{by('delivery_held')} WHERE state = 'held' AND subscriber_id = %s "
        f"AND reason >= %s AND reason <= %s ORDER BY reason {order}, id {order} LIMIT %s"
    )
    chosen = f"= ANY(ARRAY({chosen} FOR UPDATE SKIP LOCKED))" if is_postgres() else f"IN ({chosen})"
    return claim_rows(
        f"{CLAIM} WHERE id {chosen} AND {of_state('held')} RETURNING {CLAIMED_COLUMNS}",
        owner,
        now,
        [subscriber_id, reason, reason, limit],
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
        f"SELECT id, subscriber_id, lost_claims FROM delivery{by('delivery_due')} "
        f"WHERE state = 'pending' AND due_at <= %s ORDER BY due_at LIMIT {LOOKED_THROUGH}"
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
            f"WHERE id {chosen} AND {of_state('pending')}",
            [reason, to_database(now), *subscribers],
        )
        return int(cursor.rowcount)
