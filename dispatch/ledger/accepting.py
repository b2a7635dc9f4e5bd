"""Writes what was accepted: events, and their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from dispatch.ledger.dialect import chunks, flatten, to_database, to_id, values

EVENT_COLUMNS = "id, topic, author, payload, size, idempotency_key, received_at, matched, fan_out"
EVENT_TYPES = ("uuid", "text", "text", "text", "integer", "text", "timestamptz", "integer", "text")
DELIVERY_COLUMNS = "id, event_id, subscriber_id, subscriber_revision, state, reason, due_at, created_at, queued_at"
DELIVERY_TYPES = ("uuid", "uuid", "bigint", "bigint", "text", "text", "timestamptz", "timestamptz", "timestamptz")


@dataclass(frozen=True, slots=True)
class EventRow:
    id: UUID
    topic: str
    author: str
    payload: str
    size: int  # bytes
    idempotency_key: str | None
    received_at: datetime
    matched: int | None
    fan_out: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
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
        cursor.execute(
            f"INSERT INTO event ({EVENT_COLUMNS}) {values(EVENT_TYPES, len(chunk))} "
            "ON CONFLICT DO NOTHING RETURNING id, (SELECT number FROM subscriber_version)",
            flatten(_event_values(row) for row in chunk),
        )
        for event_id, number in cursor.fetchall():
            written.add(to_id(event_id))
            version = number or 0
    return written, version


def _event_values(row: EventRow) -> tuple[object, ...]:
    return (
        row.id,
        row.topic,
        row.author,
        row.payload,
        row.size,
        row.idempotency_key,
        row.received_at,
        row.matched,
        row.fan_out,
    )


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
    queued_at = now if is_queued else None
    for chunk in chunks(rows, len(DELIVERY_TYPES)):
        cursor.execute(
            f"INSERT INTO delivery ({DELIVERY_COLUMNS}) {values(DELIVERY_TYPES, len(chunk))} ON CONFLICT DO NOTHING",
            flatten(
                (
                    row.id,
                    row.event_id,
                    row.subscriber_id,
                    row.subscriber_revision,
                    "held" if row.hold_reason else "pending",
                    row.hold_reason,
                    now,
                    now,
                    queued_at,
                )
                for row in chunk
            ),
        )
