"""Removes rows that are past their time: found a page at a time by indexes, removed in short transactions.

Ids sort by the time of their making, and nothing settles before it is made: rows past their time have ids below those
of that moment. Their own time decides; the ids only keep the search short.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from dispatch.identifiers import first_id_at
from dispatch.ledger.dialect import atomic_cursor, is_postgres, placeholders, to_database, to_id
from dispatch.models import Alert, Notice

#: Payloads weigh on a transaction as rows do: one row for so many bytes.
BYTES_PER_ROW = 16_384
#: Each has a unique index that begins with the minute.
COUNTERS = ("attempt_counter", "event_counter", "delay_counter")
#: How far a publisher's clock may be ahead.
CLOCK_MARGIN = timedelta(days=1)

LOWEST, HIGHEST = UUID(int=0), UUID(int=(1 << 128) - 1)

# The weight of a row is what goes with it, itself included; 0 says that it stays. In this order, since SQLite reads
# through a payload to the columns behind it.
DELIVERIES = """
SELECT id, CASE WHEN settled_at < %s THEN 1 + attempts ELSE 0 END
FROM delivery WHERE state = %s AND id > %s AND id < %s ORDER BY id LIMIT %s
"""
EVENTS = f"""
SELECT id, CASE
    WHEN EXISTS (SELECT 1 FROM delivery WHERE delivery.event_id = event.id) THEN 0
    WHEN received_at < %s AND fan_out = 'done' THEN 1 + size / {BYTES_PER_ROW} ELSE 0 END
FROM event WHERE id > %s AND id < %s ORDER BY id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids between two, which are not among them."""

    above: UUID
    below: UUID


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows that were looked at: those to remove, and the last one, behind which to look on; None: no more."""

    removable: list[UUID]
    last: UUID | None


def ranges_before(before: datetime, now: datetime) -> Iterator[IdRange]:
    """Where the ids of rows made before that moment are.

    The second range holds the ids that were not made of a time: adopted jobs have theirs from the job's own id.
    """
    yield IdRange(LOWEST, first_id_at(before))
    yield IdRange(first_id_at(now + CLOCK_MARGIN), HIGHEST)


def settled_page(state: str, before: datetime, ids: IdRange, batch: int) -> Page:
    """Deliveries in `state`, those removable that were settled before that moment."""
    return _page(DELIVERIES, [before, state, ids.above, ids.below], batch)


def events_page(before: datetime, ids: IdRange, batch: int) -> Page:
    """Events, those removable that were received before that moment and have no deliveries, nor are to get any."""
    return _page(EVENTS, [before, ids.above, ids.below], batch)


def _page(statement: str, parameters: list[Any], batch: int) -> Page:
    """At most `batch` rows, and of those to be removed so many as weigh no more than that together, or one."""
    removable: list[UUID] = []
    last, room, looked = None, batch, 0
    with connection.cursor() as cursor:
        cursor.execute(statement, [*map(to_database, parameters), batch])
        for row_id, weight in cursor:
            if removable and weight > room:
                return Page(removable, last)
            last, room, looked = to_id(row_id), room - weight, looked + 1
            if weight:
                removable.append(last)
    return Page(removable, last if looked == batch else None)


def remove_deliveries(state: str, before: datetime, ids: list[UUID]) -> tuple[int, int]:
    """Removes those that are still past their time, with their attempts; returns how many of each."""
    with atomic_cursor() as cursor:
        # The deliveries first: one that is reopened meanwhile must keep its attempts.
        cursor.execute(
            f"DELETE FROM delivery WHERE id IN ({placeholders(len(ids))}) AND state = %s AND settled_at < %s "
            "RETURNING id",
            [*map(to_database, ids), state, to_database(before)],
        )
        gone = [row[0] for row in cursor.fetchall()]
        if gone:
            cursor.execute(f"DELETE FROM attempt WHERE delivery_id IN ({placeholders(len(gone))})", gone)
        return len(gone), int(cursor.rowcount) if gone else 0


def remove_events(before: datetime, ids: list[UUID]) -> int:
    """Removes those that still have no deliveries; returns how many.

    Raises IntegrityError, and removes none, if one has got a delivery since, by a replay of the past.
    """
    with atomic_cursor() as cursor:
        cursor.execute(
            f"DELETE FROM event WHERE id IN ({placeholders(len(ids))}) AND received_at < %s AND fan_out = 'done' "
            "AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event_id = event.id)",
            [*map(to_database, ids), to_database(before)],
        )
        return int(cursor.rowcount)


def remove_replays(before: datetime, batch: int) -> int:
    """Removes up to `batch` replays that ended before that moment and of which no delivery is left."""
    return _remove_some(
        "replay",
        "status <> 'running' AND coalesce(finished_at, advanced_at, created_at) < %s "
        "AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.replay_id = replay.id)",
        before,
        batch,
    )


def remove_alerts(before: datetime, batch: int) -> int:
    """Removes up to `batch` alerts that were over before that moment, with their notices."""
    with transaction.atomic():
        chosen = list(Alert.objects.filter(ended_at__lt=before).order_by().values_list("pk", flat=True)[:batch])
        Notice.objects.filter(alert__in=chosen).delete()
        Alert.objects.filter(pk__in=chosen).delete()
    return len(chosen)


def remove_counters(table: str, before: datetime, batch: int) -> int:
    """Removes up to `batch` counters, of one of the COUNTERS, of the minutes before that moment."""
    return _remove_some(table, "minute < %s", before, batch)


def _remove_some(table: str, condition: str, before: datetime, batch: int) -> int:
    chosen = f"SELECT id FROM {table} WHERE {condition} LIMIT %s"
    with atomic_cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE id {f'= ANY(ARRAY({chosen}))' if is_postgres() else f'IN ({chosen})'}",
            [to_database(before), batch],
        )
        return int(cursor.rowcount)
