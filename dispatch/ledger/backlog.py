"""What waits for a subscriber: counted, and settled in bulk when nobody will send it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection

from dispatch.ledger.dialect import as_time, placeholders, to_database

#: Deliveries that one statement settles: on SQLite nobody else writes meanwhile.
CHUNK = 2_000


def count_held(subscriber_id: int, reason: str, limit: int) -> tuple[int, datetime | None]:
    """How many are held for this reason, up to `limit`, and since when the oldest is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(created_at) FROM (SELECT created_at FROM delivery WHERE state = 'held' "
            "AND subscriber_id = %s AND reason = %s ORDER BY id LIMIT %s) AS oldest",
            [subscriber_id, reason, limit],
        )
        count, since = cursor.fetchone()
        return int(count), None if since is None else as_time(since)


def count_waiting(subscriber_ids: Sequence[int], limit: int) -> int:
    """How many deliveries of these subscribers are not settled, up to `limit`."""
    ids = placeholders(len(subscriber_ids))
    with connection.cursor() as cursor:
        # The sign keeps the planner off the subscriber's index, which leads through all that is settled as well.
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE state = 'held' "
            f"AND subscriber_id IN ({ids}) LIMIT %s) AS held "
            "UNION ALL SELECT count(*) FROM (SELECT 1 FROM delivery WHERE state IN ('pending', 'claimed') "
            f"AND +subscriber_id IN ({ids}) LIMIT %s) AS due",
            [*subscriber_ids, limit, *subscriber_ids, limit],
        )
        return min(limit, sum(int(row[0]) for row in cursor.fetchall()))


def discard_waiting(subscriber_id: int, now: datetime) -> Iterator[int]:
    """Cancels what waits and was made before `now`, chunk by chunk, less what a consumer is sending just now.

    First what is due or scheduled: a consumer may make of it what is held.
    """
    for theirs in ("state = 'pending' AND +subscriber_id = %s", "state = 'held' AND subscriber_id = %s"):
        yield from _cancel("discarded", now, f"{theirs} AND created_at <= %s", [subscriber_id, now])


def cancel_waiting(subscriber_id: int, now: datetime) -> Iterator[int]:
    """Cancels what waits for a deleted subscriber, chunk by chunk, less what a consumer is sending just now."""
    yield from _cancel("deleted", now, "state = 'held' AND subscriber_id = %s", [subscriber_id])
    yield from _cancel("deleted", now, "state = 'pending' AND +subscriber_id = %s", [subscriber_id])


def _cancel(reason: str, now: datetime, condition: str, parameters: Sequence[object]) -> Iterator[int]:
    while True:
        with connection.cursor() as cursor:
            # The condition twice: on Postgres a row may have changed since the inner query saw it.
            cursor.execute(
                f"UPDATE delivery SET state = 'cancelled', reason = %s, settled_at = %s, queued_at = NULL "
                f"WHERE id IN (SELECT id FROM delivery WHERE {condition} LIMIT %s) AND {condition}",
                [
                    *(reason, to_database(now)),
                    *(*map(to_database, parameters), CHUNK, *map(to_database, parameters)),
                ],
            )
            settled = int(cursor.rowcount)
        if not settled:
            return
        yield settled
