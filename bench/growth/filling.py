"""Fills a ledger with a past, by SQL: what a hub would have after so many deliveries, all but the newest settled.

Row n has the same id and content in every ledger, so a part can be added to what is there.
"""

from django.db import connection, transaction

SUBSCRIBERS = 1_000
TOPICS = 100
#: Deliveries of one event.
FAN_OUT = 10
CHUNK = 100_000
#: Between two deliveries; ten million of them make a month.
SPACING_SECONDS = 0.25
#: When the first one was made unless another moment is given, seconds since 1970.
FIRST = 1_767_225_600

SUBSCRIBER = """
INSERT INTO subscriber (topic, filter_expression, target_url)
SELECT 'topic-' || (n % {topics}), '', 'http://127.0.0.1:9/' || n FROM {numbers}
"""
EVENT = """
INSERT INTO event (id, topic, author, payload, size, received_at, matched)
SELECT {event_id}, 'topic-' || (n % {topics}), 'growth', '{{"body":{{"number":' || n || ',"padding":"{padding}"}}}}',
120, {time}, {fan_out} FROM {numbers}
"""
# Of a thousand deliveries five are dead, two cancelled, one held, one waits for its retry.
DELIVERY = """
INSERT INTO delivery (id, event_id, subscriber_id, subscriber_revision, state, reason, attempts, failures, due_at,
created_at, queued_at, last_status, settled_at)
SELECT {delivery_id}, {event_id}, {first_subscriber} + n % {subscribers}, 1,
CASE WHEN n % 1000 < 5 THEN 'dead' WHEN n % 1000 < 7 THEN 'cancelled' WHEN n % 1000 < 8 THEN 'held'
WHEN n % 1000 < 9 THEN 'pending' ELSE 'delivered' END,
CASE WHEN n % 1000 < 5 THEN 'exhausted' WHEN n % 1000 < 7 THEN 'deleted' WHEN n % 1000 < 8 THEN 'paused' ELSE '' END,
1, CASE WHEN n % 1000 < 9 THEN 1 ELSE 0 END,
CASE WHEN n % 1000 = 8 THEN {future} ELSE {time} END, {time}, {time}, 200,
CASE WHEN n % 1000 BETWEEN 7 AND 8 THEN NULL ELSE {time} END
FROM {numbers}
"""
ATTEMPT = """
INSERT INTO attempt (delivery_id, number, started_at, method, url, request_headers, status, response_headers,
response_body, total_ms)
SELECT {delivery_id}, 1, {time}, 'POST', 'http://127.0.0.1:9/' || (n % {subscribers}), '{padding}', 200,
'content-length: 0', '', 2.5 FROM {numbers}
"""
PADDING = "x" * 80


def fill(size: int, known: int = 0, first: int = FIRST) -> None:
    """Adds deliveries until there are `size`, given that the first `known` are there, with their events and attempts.

    Both are multiples of FAN_OUT. Held deliveries are held for paused subscribers, of which there is one in a thousand.
    """
    if not known:
        _run(SUBSCRIBER, 0, SUBSCRIBERS)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE subscriber SET state = 'paused' WHERE id = (SELECT min(id) + 7 FROM subscriber)")
    for start in range(known, size, CHUNK):
        end = min(start + CHUNK, size)
        with transaction.atomic():
            _run(EVENT, start // FAN_OUT, end // FAN_OUT, SPACING_SECONDS * FAN_OUT, first)
            _run(DELIVERY, start, end, first=first)
            _run(ATTEMPT, start, end, first=first)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _run(statement: str, start: int, end: int, spacing_seconds: float = SPACING_SECONDS, first: int = FIRST) -> None:
    """Inserts the rows from `start` up to, not including, `end`."""
    dialect = POSTGRES if connection.vendor == "postgresql" else SQLITE
    given = {"start": start, "last": end - 1, "spacing": spacing_seconds, "first": first}
    parts = {name: text.format(**given) for name, text in dialect.items()}
    text = statement.format(
        **parts,
        event_id=_id(parts["id"], "n" if statement is EVENT else f"(n / {FAN_OUT})", SPACING_SECONDS * FAN_OUT),
        delivery_id=_id(parts["id"], "n", SPACING_SECONDS),
        topics=TOPICS,
        subscribers=SUBSCRIBERS,
        fan_out=FAN_OUT,
        padding=PADDING,
        first_subscriber="(SELECT min(id) FROM subscriber)",
    )
    with connection.cursor() as cursor:
        cursor.execute(text)


def _id(template: str, number: str, spacing_seconds: float) -> str:
    return template.replace("NUMBER", number).replace("SPACING", str(spacing_seconds))


# Ids begin with their time, as those of the hub do (UUIDv7).
POSTGRES = {
    "numbers": "generate_series({start}, {last}) AS n",
    "time": "to_timestamp({first} + n * {spacing})",
    "future": "now() + interval '10 days' + n * interval '1 millisecond'",
    "id": "(lpad(to_hex((({first} + NUMBER * SPACING) * 1000)::bigint), 12, '0') || '7' "
    "|| lpad(to_hex(NUMBER % 4096), 3, '0') || '8' "
    "|| lpad(to_hex((NUMBER)::bigint * 2654435761 % 1152921504606846976), 15, '0'))::uuid",
}
SQLITE = {
    "numbers": "(WITH RECURSIVE counted(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM counted WHERE n < {last}) "
    "SELECT n FROM counted)",
    "time": "strftime('%Y-%m-%d %H:%M:%f', {first} + n * {spacing}, 'unixepoch')",
    "future": "strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 days')",
    "id": "printf('%012x7%03x8%015x', CAST(({first} + NUMBER * SPACING) * 1000 AS INTEGER), NUMBER % 4096, "
    "NUMBER * 2654435761 % 1152921504606846976)",
}
