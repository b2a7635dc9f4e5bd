"""Where the writing of a wide event's deliveries stands."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from dispatch.ledger.accepting import DeliveryRow, insert_deliveries
from dispatch.ledger.dialect import atomic_cursor, to_database, to_id


def pending_fan_outs(limit: int) -> list[UUID]:
    """Events whose deliveries are not all written, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM event WHERE fan_out = 'pending' ORDER BY id LIMIT %s", [limit])
        return [to_id(row[0]) for row in cursor.fetchall()]


def advance(
    event_id: UUID,
    cursor_from: int,
    cursor_to: int | None,
    rows: Sequence[DeliveryRow],
    now: datetime,
    *,
    is_queued: bool,
) -> bool:
    """Writes the deliveries of the subscribers up to `cursor_to`, the last ones if that is None.

    False, and nothing is written, if another process has moved the cursor from `cursor_from` meanwhile.
    """
    with atomic_cursor() as cursor:
        if not _move(cursor, event_id, cursor_from, cursor_to, now):
            return False
        insert_deliveries(cursor, rows, now, is_queued=is_queued)
        if cursor_to is None:
            _finish(cursor, event_id)
    return True


def _move(cursor: CursorWrapper, event_id: UUID, cursor_from: int, cursor_to: int | None, now: datetime) -> bool:
    # The time is a sign of life: the reconciler pushes a fan-out that stands still.
    cursor.execute(
        "UPDATE event SET fan_out_cursor = %s, fan_out_queued_at = %s "
        "WHERE id = %s AND fan_out = 'pending' AND fan_out_cursor = %s",
        [cursor_from if cursor_to is None else cursor_to, to_database(now), to_database(event_id), cursor_from],
    )
    return bool(cursor.rowcount == 1)


def _finish(cursor: CursorWrapper, event_id: UUID) -> None:
    cursor.execute(
        "UPDATE event SET fan_out = 'done', matched = "
        "(SELECT count(*) FROM delivery WHERE event_id = event.id AND replay_of_id IS NULL) WHERE id = %s",
        [to_database(event_id)],
    )
