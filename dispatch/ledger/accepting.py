"""Writes what was accepted: events, and their deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from dispatch.ledger.dialect import as_table, chunks, is_postgres, to_database, to_id, values

EVENT_COLUMNS = "id, topic, author, payload, size, idempotency_key, received_at, matched, fan_out, attributes"
EVENT_TYPES = ("uuid", "text", "text", "text", "integer", "text", "timestamptz", "integer", "text", "jsonb")
DELIVERY_COLUMNS = "id, event_id, subscriber_id, subscriber_revision, reason, state, due_at, created_at, queued_at"
DELIVERY_TYPES = ("uuid", "uuid", "bigint", "bigint", "text")  # of those that are not the same for every row


class EventRow(NamedTuple):
    id: UUID
    topic: str
    author: str
    payload: str
    size: int  # bytes
    idempotency_key: str | None
    received_at: datetime
    matched: int | None
    fan_out: str
    attributes: str = "{}"  # JSON


class DeliveryRow(NamedTuple):
    id: UUID
    event_id: UUID
    subscriber_id: int
    subscriber_revision: int
    hold_reason: str  # empty: it is due now


def insert_events(cursor: CursorWrapper, rows: Sequence[EventRow]) -> tuple[set[UUID], int]:
    """Writes the events; returns the ids written and the number of the subscribers' version.

    An event whose idempotency key is taken is not written. The version is read in the same round trip:
    a change of a subscriber that was committed before this statement is known to the caller.
    """
    written: set[UUID] = set()
    version = 0
    for chunk in chunks(rows, len(EVENT_TYPES)):
        source, parameters = _event_source(chunk)
        cursor.execute(
            f"INSERT INTO event ({EVENT_COLUMNS}) {source} "
            "ON CONFLICT DO NOTHING RETURNING id, (SELECT number FROM subscriber_version)",
            parameters,
        )
        for event_id, number in cursor.fetchall():
            written.add(to_id(event_id))
            version = number or 0
    return written, version


def _event_source(rows: Sequence[EventRow]) -> tuple[str, list[Any]]:
    if is_postgres():
        return as_table(rows, EVENT_TYPES)
    # Not as one table of JSON: payloads are large, and JSON themselves.
    received_at = {row.received_at: to_database(row.received_at) for row in rows}
    flat: list[Any] = []
    for row in rows:
        flat += (row.id.hex, *row[1:6], received_at[row.received_at], *row[7:])
    return values(EVENT_TYPES, len(rows)), flat


def correct_matched(cursor: CursorWrapper, counts: Sequence[tuple[UUID, int | None, str]]) -> None:
    """Sets `matched` and `fan_out` of events that were written before the newest subscribers were known."""
    for event_id, matched, fan_out in counts:
        cursor.execute(
            "UPDATE event SET matched = %s, fan_out = %s WHERE id = %s", [matched, fan_out, to_database(event_id)]
        )


def insert_deliveries(cursor: CursorWrapper, rows: Sequence[DeliveryRow], now: datetime, *, is_queued: bool) -> None:
    """Writes deliveries, due now or held. One that is there already (a fan-out that is resumed) stays as it is.

    `is_queued` says that the row itself is the job: nothing will be pushed for it.
    """
    if not rows:
        return
    source, parameters = _delivery_source(rows, now, is_queued=is_queued)
    # WHERE: without it SQLite takes ON CONFLICT for a part of a join (https://sqlite.org/lang_upsert.html).
    cursor.execute(
        f"INSERT INTO delivery ({DELIVERY_COLUMNS}) {source} WHERE true ON CONFLICT DO NOTHING",
        parameters,
    )


def insert_at_once(
    cursor: CursorWrapper,
    events: Sequence[EventRow],
    deliveries: Sequence[DeliveryRow],
    version: int,
    now: datetime,
    *,
    is_queued: bool,
) -> int:
    """Writes new events and their deliveries by one statement, on Postgres, if subscribers are at `version`.

    Returns the version that they are at: if it is another one, nothing is written. The events have no idempotency keys.
    """
    event_source, parameters = as_table(events, EVENT_TYPES)
    parameters.append(version)
    writes = (
        "WITH current AS (SELECT coalesce((SELECT number FROM subscriber_version), 0) AS number), "
        f"written AS (INSERT INTO event ({EVENT_COLUMNS}) "
        f"SELECT new.* FROM ({event_source}) AS new, current WHERE current.number = %s)"
    )
    if deliveries:
        source, more = _delivery_source(deliveries, now, is_queued=is_queued)
        writes += f", sent AS (INSERT INTO delivery ({DELIVERY_COLUMNS}) {source}, current WHERE current.number = %s)"
        parameters += [*more, version]
    cursor.execute(f"{writes} SELECT number FROM current", parameters)
    return int(cursor.fetchone()[0])


def _delivery_source(rows: Sequence[DeliveryRow], now: datetime, *, is_queued: bool) -> tuple[str, list[Any]]:
    """A SELECT of DELIVERY_COLUMNS without its WHERE, and its parameters."""
    source, parameters = as_table(rows, DELIVERY_TYPES)
    moment = to_database(now)
    placeholder = "%s::timestamptz" if is_postgres() else "%s"
    return (
        f"SELECT new.*, CASE column5 WHEN '' THEN 'pending' ELSE 'held' END, {', '.join([placeholder] * 3)} "
        f"FROM ({source}) AS new",
        [moment, moment, moment if is_queued else None, *parameters],
    )
