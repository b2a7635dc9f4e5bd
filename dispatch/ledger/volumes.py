"""Sums of the counters by minute and by hour: what was published, tried and delivered in a span of time.

Each statement goes through the cells of its span by the index that begins with the minute, and brings back few rows.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from dispatch.ledger.counting import NOTHING, attempts_between, events_after, newest_attempt, position
from dispatch.ledger.dialect import as_time, is_postgres, to_database

#: A result is a status of three digits, or the kind of an error, which begins with a letter.
ARRIVED = "substr(result, 1, 1) = '2'"

Row = tuple[Any, ...]

EVENTS = """
SELECT minute, sum(events), sum(deliveries) FROM event_counter WHERE minute >= %s AND minute < %s GROUP BY minute
"""
ATTEMPTS = f"""
SELECT minute, CASE WHEN {ARRIVED} THEN NULL ELSE subscriber_id END AS failing, result, sum(count)
FROM attempt_counter WHERE minute >= %s AND minute < %s GROUP BY 1, 2, 3
"""
DELAYS = """
SELECT minute, bucket, sum(count) FROM delay_counter WHERE minute >= %s AND minute < %s GROUP BY minute, bucket
"""
PUBLISHED = """
SELECT {hour} AS hour, author, topic, sum(events), sum(deliveries)
FROM event_counter WHERE minute >= %s AND minute < %s GROUP BY 1, 2, 3
"""
SENT = f"""
SELECT {{hour}} AS hour, topic, subscriber_id, sum(CASE WHEN {ARRIVED} THEN count ELSE 0 END), sum(count)
FROM attempt_counter WHERE minute >= %s AND minute < %s GROUP BY 1, 2, 3
"""


def events_by_minute(since: datetime, until: datetime) -> list[Row]:
    """Rows of minute, events, deliveries that they have brought."""
    return _sums(EVENTS, since, until)


def attempts_by_minute(since: datetime, until: datetime) -> list[Row]:
    """Rows of minute, subscriber (None for those that arrived), result, count."""
    return _sums(ATTEMPTS, since, until)


def delays_by_minute(since: datetime, until: datetime) -> list[Row]:
    """Rows of minute, bucket of the time from event to arrival, count."""
    return _sums(DELAYS, since, until)


def published_by_hour(since: datetime, until: datetime) -> list[Row]:
    """Rows of hour, author, topic, events, deliveries."""
    return _sums(PUBLISHED.format(hour=_hour()), since, until)


def sent_by_hour(since: datetime, until: datetime) -> list[Row]:
    """Rows of hour, topic, subscriber, tries that arrived, all tries."""
    return _sums(SENT.format(hour=_hour()), since, until)


def counted_until(now: datetime, lag: timedelta) -> datetime:
    """The moment up to which everything is counted; `lag` is how long what is new waits to be counted."""
    moment = now - lag
    before = position("event")
    events = events_after(UUID(before) if before else NOTHING, moment, 1)
    attempts = attempts_between(int(position("attempt") or 0), newest_attempt(), 1)
    waiting = [event.received_at for event in events] + [attempt.started_at for attempt in attempts]
    return min([moment, *waiting])


def _hour() -> str:
    return "date_trunc('hour', minute, 'UTC')" if is_postgres() else "substr(minute, 1, 13) || ':00:00'"


def _sums(statement: str, since: datetime, until: datetime) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [to_database(since), to_database(until)])
        return [(as_time(row[0]), *map(_plain, row[1:])) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    """Postgres adds up bigint as numeric."""
    return value if value is None or isinstance(value, str) else int(value)
