"""Reads what is not counted yet, and adds to the counters; with them, in one transaction, how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from dispatch.identifiers import first_id_at
from dispatch.ledger.dialect import as_time, atomic_cursor, chunks, flatten, soon_synced, to_database, to_id, values

NOTHING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class CountedEvent:
    id: UUID
    topic: str
    author: str
    received_at: datetime
    matched: int | None


@dataclass(frozen=True, slots=True)
class CountedAttempt:
    id: int
    started_at: datetime
    created_at: datetime  # of the delivery
    total_ms: float
    status: int | None
    error_kind: str
    subscriber_id: int
    topic: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of counters: its key columns with their types, and the columns that are added to."""

    name: str
    key: tuple[tuple[str, str], ...]
    counts: tuple[str, ...] = ("count",)


ATTEMPTS = Table(
    "attempt_counter",
    (
        ("minute", "timestamptz"),
        ("subscriber_id", "bigint"),
        ("topic", "text"),
        ("result", "text"),
        ("bucket", "smallint"),
    ),
)
EVENTS = Table(
    "event_counter", (("minute", "timestamptz"), ("topic", "text"), ("author", "text")), ("events", "deliveries")
)
DELAYS = Table("delay_counter", (("minute", "timestamptz"), ("topic", "text"), ("bucket", "smallint")))
TOTALS = Table("total", (("name", "text"), ("label", "text")))

#: Of each table the cells and what is added to each: one number for each of the table's counts.
Additions = Mapping[Table, Mapping[tuple[Any, ...], Sequence[int]]]


def position(table: str) -> str:
    """The last id of `table` that was counted; empty if none was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_id FROM position WHERE name = %s", [table])
        row = cursor.fetchone()
    return row[0] if row else ""


def newest_attempt() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM attempt")
        return cursor.fetchone()[0] or 0


def attempts_between(after: int, up_to: int, limit: int) -> list[CountedAttempt]:
    """Attempts with `after` < id ≤ `up_to`, in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attempt.id, attempt.started_at, delivery.created_at, attempt.total_ms, attempt.status, "
            "attempt.error_kind, delivery.subscriber_id, event.topic FROM attempt "
            "JOIN delivery ON delivery.id = attempt.delivery_id JOIN event ON event.id = delivery.event_id "
            "WHERE attempt.id > %s AND attempt.id <= %s ORDER BY attempt.id LIMIT %s",
            [after, up_to, limit],
        )
        return [CountedAttempt(row[0], as_time(row[1]), as_time(row[2]), *row[3:]) for row in cursor.fetchall()]


def events_after(after: UUID, before: datetime, limit: int) -> list[CountedEvent]:
    """Events behind `after` whose ids were made before a moment, in the order of their ids.

    Adopted events, whose ids tell no time, are not among them: one of them would end the count of all others.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, topic, author, received_at, matched FROM event WHERE id > %s AND id < %s ORDER BY id LIMIT %s",
            [to_database(after), to_database(first_id_at(before)), limit],
        )
        return [CountedEvent(to_id(row[0]), row[1], row[2], as_time(row[3]), row[4]) for row in cursor.fetchall()]


def add(table: str, moved_from: str, moved_to: str, additions: Additions) -> bool:
    """Adds to the counters and moves the position; False, and nothing is added, if another process has moved it.

    Where a power cut undoes it, it is counted again: both are undone.
    """
    with soon_synced(), atomic_cursor() as cursor:
        if not _move(cursor, table, moved_from, moved_to):
            return False
        for counters, cells in additions.items():
            _upsert(cursor, counters, cells)
    return True


def add_to_totals(counts: Mapping[tuple[str, str], int]) -> None:
    """Adds to the totals, by name and label."""
    with atomic_cursor() as cursor:
        _upsert(cursor, TOTALS, {key: [count] for key, count in counts.items()})


def _move(cursor: CursorWrapper, table: str, moved_from: str, moved_to: str) -> bool:
    if moved_from:
        cursor.execute(
            "UPDATE position SET last_id = %s WHERE name = %s AND last_id = %s", [moved_to, table, moved_from]
        )
    else:
        cursor.execute("INSERT INTO position (name, last_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [table, moved_to])
    return bool(cursor.rowcount == 1)


def _upsert(cursor: CursorWrapper, table: Table, cells: Mapping[tuple[Any, ...], Sequence[int]]) -> None:
    key = [name for name, _ in table.key]
    types = [*(kind for _, kind in table.key), *["bigint"] * len(table.counts)]
    columns = ", ".join([*key, *table.counts])
    sums = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in table.counts)
    # In the order of their keys, so that two processes cannot lock one another's rows.
    rows = [(*cell, *counts) for cell, counts in sorted(cells.items(), key=lambda item: str(item[0]))]
    for chunk in chunks(rows, len(types)):
        cursor.execute(
            f"INSERT INTO {table.name} ({columns}) SELECT * FROM ({values(types, len(chunk))}) AS new WHERE true "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sums}",
            flatten(chunk),
        )
