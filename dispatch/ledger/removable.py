"""Counts what is past its time, and finds what will be next, without removing anything."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from dispatch.ledger.dialect import as_time, to_database
from dispatch.ledger.pruning import LOWEST, ranges_before
from dispatch.retention import Retention

#: Rows among which the one that is past its time first is looked for: settling keeps roughly the order of making.
LOOKED_AT = 500
ALL = 1 << 62
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

DELIVERIES = """
SELECT count(*), coalesce(sum(attempts), 0) FROM (
    SELECT attempts, settled_at FROM delivery WHERE state = %s AND id > %s AND id < %s ORDER BY id LIMIT %s
) AS looked_at WHERE settled_at < %s
"""
EVENTS = """
SELECT count(*) FROM (SELECT id FROM event WHERE id > %s AND id < %s ORDER BY id LIMIT %s) AS looked_at
JOIN event ON event.id = looked_at.id
WHERE NOT EXISTS (
    SELECT 1 FROM delivery WHERE delivery.event_id = event.id AND NOT (
        state = 'delivered' AND settled_at < %s OR state IN ('dead', 'cancelled') AND settled_at < %s
    )
) AND event.fan_out = 'done' AND event.received_at < %s
"""


def removable_deliveries(state: str, before: datetime, now: datetime, limit: int = ALL) -> tuple[int, int]:
    """How many of the oldest `limit` deliveries in `state` were settled before that moment, and their attempts."""
    deliveries = attempts = 0
    for ids in ranges_before(before, now):
        with connection.cursor() as cursor:
            cursor.execute(DELIVERIES, [state, *map(to_database, (ids.above, ids.below)), limit, to_database(before)])
            found = cursor.fetchone()
        deliveries, attempts = deliveries + found[0], attempts + int(found[1])
    return deliveries, attempts


def removable_events(retention: Retention, now: datetime, limit: int = ALL) -> int:
    """How many of the oldest `limit` events will go once the deliveries that are past their time are gone."""
    before = retention.delivered
    if before is None:
        return 0
    moments = [to_database(moment or NEVER) for moment in (before, retention.dead, before)]
    count = 0
    for ids in ranges_before(before, now):
        with connection.cursor() as cursor:
            cursor.execute(EVENTS, [*map(to_database, (ids.above, ids.below)), limit, *moments])
            count += cursor.fetchone()[0]
    return count


def oldest_settled(state: str) -> datetime | None:
    """When about the first of the deliveries in `state` was settled; None if there is none."""
    return _oldest(
        "SELECT min(settled_at) FROM (SELECT settled_at FROM delivery WHERE state = %s AND id > %s "
        "ORDER BY id LIMIT %s) AS looked_at",
        [state, to_database(LOWEST), LOOKED_AT],
    )


def oldest_event() -> datetime | None:
    """When the oldest event was received; None if there is none."""
    return _oldest("SELECT received_at FROM event WHERE id > %s ORDER BY id LIMIT 1", [to_database(LOWEST)])


def _oldest(statement: str, parameters: list[Any]) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchone()
    return as_time(found[0]) if found and found[0] else None
