"""Counts what was filled, as the consumers would have, by one statement a table."""

from django.db import connection

from dispatch.ledger.dialect import atomic_cursor

ATTEMPTS = """
INSERT INTO attempt_counter (minute, subscriber_id, topic, result, bucket, count)
SELECT {minute}, subscriber_id, topic, CASE WHEN state = 'dead' THEN '503' ELSE '200' END, 0, count(*)
FROM attempt JOIN delivery ON delivery.id = attempt.delivery_id JOIN event ON event.id = delivery.event_id
WHERE attempt.id > (SELECT max(id) FROM attempt) - {newest} GROUP BY 1, 2, 3, 4
"""
DELAYS = """
INSERT INTO delay_counter (minute, topic, bucket, count)
SELECT minute, topic, 0, sum(count) FROM attempt_counter WHERE result = '200' GROUP BY 1, 2
"""
EVENTS = """
INSERT INTO event_counter (minute, topic, author, events, deliveries)
SELECT {minute}, topic, author, count(*), sum(matched) FROM event GROUP BY 1, 2, 3
"""
POSITIONS = """
INSERT INTO position (name, last_id) SELECT 'attempt', CAST(max(id) AS text) FROM attempt
UNION ALL SELECT 'event', (SELECT {id} FROM event ORDER BY event.id DESC LIMIT 1)
"""


def recount(newest: int) -> None:
    """The newest attempts, and all events."""
    is_postgres = connection.vendor == "postgresql"
    minute = "date_trunc('minute', {0})" if is_postgres else "substr({0}, 1, 16) || ':00'"
    with atomic_cursor() as cursor:
        cursor.execute(ATTEMPTS.format(minute=minute.format("started_at"), newest=newest))
        cursor.execute(DELAYS)
        cursor.execute(EVENTS.format(minute=minute.format("received_at")))
        cursor.execute(POSITIONS.format(id="CAST(event.id AS text)"))
