"""How much waits, is held and is dead just now: each answer by few looks into an index, however long the tables are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from dispatch.ledger.dialect import as_time, by, to_database, to_id, values
from dispatch.models.delivery import HELD_REASONS
from dispatch.outcomes import UNSENT

#: Of each subscriber and reason so many held deliveries are counted, for so many subscribers.
HELD_COUNTED, LINES = 1_000, 50

WAITING = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM delivery{due} WHERE state = 'pending' AND due_at <= %s LIMIT %s) AS due),
(SELECT count(*) FROM (SELECT 1 FROM delivery{due} WHERE state = 'pending' AND due_at > %s LIMIT %s) AS scheduled),
(SELECT count(*) FROM (SELECT 1 FROM delivery{claimed} WHERE state = 'claimed' LIMIT %s) AS claimed),
(SELECT count(*) FROM (SELECT 1 FROM delivery{held} WHERE state = 'held' LIMIT %s) AS held)
"""
#: In steps from one subscriber to the next, by the index.
HELD = """
WITH RECURSIVE found(id, number) AS (
    SELECT CAST(0 AS bigint), 0
    UNION ALL
    SELECT (SELECT subscriber_id {held} AND subscriber_id > found.id ORDER BY subscriber_id, reason, id LIMIT 1),
    number + 1 FROM found WHERE found.id IS NOT NULL AND number < %s
)
SELECT found.id, why.column1,
(SELECT count(*) FROM (SELECT 1 {held} AND subscriber_id = found.id AND reason = why.column1 LIMIT %s) AS theirs),
(SELECT created_at {held} AND subscriber_id = found.id AND reason = why.column1 ORDER BY reason, id LIMIT 1)
FROM found, ({reasons}) AS why WHERE found.id > 0
"""
DEAD = """
SELECT id, subscriber_id, reason, last_status, CASE WHEN last_status IS NULL THEN
(SELECT error_kind FROM attempt WHERE delivery_id = dead.id AND number = dead.attempts LIMIT 1) END, settled_at FROM (
    SELECT * FROM delivery WHERE state = 'dead' ORDER BY id DESC LIMIT %s
) AS dead ORDER BY id DESC
"""
#: A subscriber's newest deliveries; and the oldest that wait for its breaker, for which nothing new is tried.
TRIED = """
SELECT * FROM (
    SELECT id, attempts FROM delivery WHERE subscriber_id = %s ORDER BY id DESC LIMIT {limit}
) AS newest{place} UNION ALL SELECT * FROM (
    SELECT id, attempts {held} AND subscriber_id = %s AND reason = 'breaker' ORDER BY reason, id LIMIT {limit}
) AS held{place}
"""
FAILED = """
SELECT tried.id, delivery.subscriber_id, attempt.status, attempt.error_kind, attempt.id FROM ({tried}) AS tried
JOIN attempt ON attempt.delivery_id = tried.id AND attempt.number >= tried.attempts - 1
JOIN delivery ON delivery.id = tried.id
WHERE attempt.status IS NULL OR attempt.status NOT BETWEEN 200 AND 299
"""
LOOKED_AT = 100
#: With a limit inside, or Postgres would join the subscribers with all deliveries.
NEVER_MATCHED = """
SELECT id FROM (SELECT id FROM subscriber WHERE deleted_at IS NULL ORDER BY id LIMIT %s) AS first
WHERE (SELECT id FROM delivery WHERE subscriber_id = first.id ORDER BY id DESC LIMIT 1) IS NULL ORDER BY id LIMIT %s
"""
SUBSCRIBERS_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """Deliveries that are not settled, each kind counted up to the limit that was given."""

    due: int
    scheduled: int
    claimed: int
    held: int


@dataclass(frozen=True, slots=True)
class Line:
    """What is held of one subscriber for one reason, counted up to HELD_COUNTED."""

    subscriber_id: int
    reason: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Dead:
    """`result` is the status or the kind of error of its last try, or UNSENT."""

    id: UUID
    subscriber_id: int
    reason: str
    result: str
    settled_at: datetime


def waiting(now: datetime, limit: int) -> Waiting:
    parts = {name: by(f"delivery_{name}") for name in ("due", "claimed", "held")}
    moment = to_database(now)
    with connection.cursor() as cursor:
        cursor.execute(WAITING.format(**parts), [moment, limit, moment, limit, limit, limit])
        return Waiting(*cursor.fetchone())


def held_lines() -> list[Line]:
    """Of LINES subscribers, in the order of their ids."""
    statement = HELD.format(held=_held(), reasons=values(("text",), len(HELD_REASONS)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [LINES, HELD_COUNTED, *map(str, HELD_REASONS)])
        rows: list[Any] = [row for row in cursor.fetchall() if row[2]]
    return [Line(each, reason, count, as_time(moment)) for each, reason, count, moment in rows]


def newest_dead(limit: int) -> list[Dead]:
    """Those that were made last."""
    with connection.cursor() as cursor:
        cursor.execute(DEAD, [limit])
        rows: list[Any] = cursor.fetchall()
    return [Dead(to_id(row[0]), row[1], row[2], str(row[3] or row[4] or UNSENT), as_time(row[5])) for row in rows]


def failed_lately(subscriber_ids: Sequence[int]) -> dict[tuple[int, int | None, str], UUID]:
    """The newest delivery for each subscriber, status and kind of error, among some of each subscriber's."""
    if not subscriber_ids:
        return {}
    tried = " UNION ALL ".join(
        TRIED.format(place=place, limit=LOOKED_AT, held=_held()) for place in range(len(subscriber_ids))
    )
    with connection.cursor() as cursor:
        cursor.execute(FAILED.format(tried=tried), [each for each in subscriber_ids for _ in range(2)])
        rows: list[Any] = sorted(cursor.fetchall(), key=lambda row: row[4])
    return {(row[1], row[2], row[3]): to_id(row[0]) for row in rows}


def _held() -> str:
    return f"FROM delivery{by('delivery_held')} WHERE state = 'held'"


def never_matched(limit: int) -> list[int]:
    """Subscribers for which the ledger holds no delivery, among the first SUBSCRIBERS_LOOKED_AT."""
    with connection.cursor() as cursor:
        cursor.execute(NEVER_MATCHED, [SUBSCRIBERS_LOOKED_AT, limit])
        return [row[0] for row in cursor.fetchall()]
