"""Writes the deliveries that a replay or a backfill makes, and moves its cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from dispatch.ledger.accepting import DeliveryRow
from dispatch.ledger.dialect import chunks, flatten, to_database, to_id, values

COLUMNS = (
    "id, event_id, subscriber_id, subscriber_revision, state, reason, due_at, created_at, queued_at, "
    "replay_of_id, replay_id"
)
TYPES = ("uuid", "uuid", "bigint", "bigint", "text", "text", *["timestamptz"] * 3, "uuid", "uuid")


@dataclass(frozen=True, slots=True)
class ReplayedRow:
    """A delivery that is made anew. `replay_of` is the first one of its event and subscriber; None if it is that."""

    delivery: DeliveryRow
    replay_of: UUID | None


def insert_replays(
    cursor: CursorWrapper, rows: Sequence[ReplayedRow], replay_id: UUID, now: datetime, *, is_queued: bool
) -> set[UUID]:
    """Writes the deliveries, due now or held; returns those written: a first one that is there already stays as it is.

    `is_queued` says that the row itself is the job.
    """
    moment = to_database(now)  # once for all rows
    queued_at = moment if is_queued else None
    written: set[UUID] = set()
    for chunk in chunks(rows, len(TYPES)):
        cursor.execute(
            f"INSERT INTO delivery ({COLUMNS}) {values(TYPES, len(chunk))} ON CONFLICT DO NOTHING RETURNING id",
            flatten(_values(row, replay_id, moment, queued_at) for row in chunk),
        )
        written |= {to_id(row[0]) for row in cursor.fetchall()}
    return written


def _values(row: ReplayedRow, replay_id: UUID, now: object, queued_at: object) -> tuple[object, ...]:
    new = row.delivery
    state = "held" if new.hold_reason else "pending"
    return (
        *(new.id, new.event_id, new.subscriber_id, new.subscriber_revision, state, new.hold_reason),
        *(now, now, queued_at, row.replay_of, replay_id),
    )


def move_cursor(
    cursor: CursorWrapper, replay_id: UUID, cursor_from: UUID | None, cursor_to: UUID | None, *, is_narrow: bool
) -> bool:
    """False if the replay was stopped, or another process has moved the cursor meanwhile: then nothing may be written.

    Until the transaction ends, no other process moves it.
    """
    column = "narrow_cursor" if is_narrow else "cursor"
    at = f"{column} IS NULL" if cursor_from is None else f"{column} = %s"
    cursor.execute(
        f"UPDATE replay SET {column} = %s WHERE id = %s AND status = 'running' AND {at}",
        [to_database(each) for each in (cursor_to, replay_id, *([] if cursor_from is None else [cursor_from]))],
    )
    return bool(cursor.rowcount == 1)
