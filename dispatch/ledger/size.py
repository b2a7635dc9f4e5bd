"""How much the ledger holds and how much room it takes: by few looks, however long the tables are."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from dispatch.ledger.dialect import is_postgres
from dispatch.ledger.pruning import COUNTERS
from dispatch.models.delivery import WAITING

#: The tables of the ledger, those that grow with what is published.
TABLES = ("event", "delivery", "attempt", *COUNTERS)
#: Up to so many rows are counted; beyond, their number is estimated.
COUNTED = 10_000
#: Where rows are left out in between, by pruning, so many short stretches tell how densely they lie.
STRETCHES, STRETCH = 40, 50
#: Wide events that are looked at.
WIDE_COUNTED = 100
#: Exact topics by their index; patterns, which are few, are found once.
COMING = """
WITH wide AS (SELECT topic, fan_out_cursor FROM event WHERE fan_out = 'pending' ORDER BY id LIMIT %s),
pattern AS MATERIALIZED (
    SELECT id, substr(topic, 1, length(topic) - 1) AS start FROM subscriber
    WHERE deleted_at IS NULL AND substr(topic, length(topic)) = '*'
)
SELECT count(*) FROM (
    SELECT subscriber.id FROM wide
    JOIN subscriber ON subscriber.topic = wide.topic AND subscriber.id > fan_out_cursor AND deleted_at IS NULL
    UNION ALL
    SELECT pattern.id FROM wide
    JOIN pattern ON pattern.id > fan_out_cursor AND substr(wide.topic, 1, length(start)) = start
    LIMIT %s
) AS coming
"""


@dataclass(frozen=True, slots=True)
class TableSize:
    """`bytes` counts the table's indexes too; None on SQLite, which would have to read the whole file for it."""

    name: str
    rows: int
    is_exact: bool
    bytes: int | None


def table_sizes() -> list[TableSize]:
    return [_postgres_table(name) if is_postgres() else _sqlite_table(name) for name in TABLES]


def _postgres_table(name: str) -> TableSize:
    estimate = int(_value("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", name))
    total = int(_value("SELECT pg_total_relation_size(%s::regclass)", name))
    if estimate > COUNTED:
        return TableSize(name, estimate, is_exact=False, bytes=total)
    rows = int(_value(f"SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT %s) AS counted", COUNTED + 1))
    if rows <= COUNTED:
        return TableSize(name, rows, is_exact=True, bytes=total)
    # No vacuum or analyze has seen the table since it has grown.
    counted = int(_value("SELECT n_live_tup FROM pg_stat_user_tables WHERE relid = %s::regclass", name))
    return TableSize(name, max(rows, counted), is_exact=False, bytes=total)


def _sqlite_table(name: str) -> TableSize:
    first = _value(f"SELECT min(rowid) FROM {name}")
    if first is None:
        return TableSize(name, 0, is_exact=True, bytes=None)
    span = int(_value(f"SELECT max(rowid) FROM {name}")) - first + 1
    if span <= COUNTED:
        return TableSize(name, int(_value(f"SELECT count(*) FROM {name}")), is_exact=True, bytes=None)
    starts = [first + (span - STRETCH) * number // (STRETCHES - 1) for number in range(STRETCHES)]
    found = _value(
        f"SELECT sum((SELECT count(*) FROM {name} WHERE rowid BETWEEN column1 AND column1 + {STRETCH - 1})) "
        f"FROM (VALUES {', '.join(['(%s)'] * STRETCHES)})",
        *starts,
    )
    return TableSize(name, span * int(found) // (STRETCHES * STRETCH), is_exact=False, bytes=None)


def waiting_deliveries(limit: int) -> int:
    """How many deliveries are pending, claimed or held; of each, no more than `limit` are counted."""
    # In the index's order: a planner that expects many would else read through the table until it has found them.
    some = "SELECT 1 FROM delivery WHERE state = %s ORDER BY id DESC LIMIT %s"
    return sum(int(_value(f"SELECT count(*) FROM ({some}) AS waiting", state, limit)) for state in WAITING)


def coming_deliveries(limit: int) -> int:
    """How many deliveries wide events may still become, counted up to `limit`: their topics' subscribers beyond each
    one's cursor, whatever the filters will say. Of the oldest WIDE_COUNTED.
    """
    return int(_value(COMING, WIDE_COUNTED, limit))


def database_bytes() -> int:
    """What the database takes on its disk. On SQLite without the room in its file that is free for new rows."""
    if is_postgres():
        return int(_value("SELECT pg_database_size(current_database())"))
    return (_pragma("page_count") - _pragma("freelist_count")) * _pragma("page_size")


def reusable_bytes() -> int | None:
    """Room in the database's file that is free for new rows; None on Postgres, which does not tell."""
    return None if is_postgres() else _pragma("freelist_count") * _pragma("page_size")


def free_disk_bytes() -> int | None:
    """What is free on the disk of SQLite's file; None where the database is elsewhere. Asks no database."""
    if is_postgres():
        return None
    directory = Path(os.path.abspath(connection.settings_dict["NAME"])).parent
    return shutil.disk_usage(directory).free if directory.is_dir() else None


def _pragma(name: str) -> int:
    return int(_value(f"PRAGMA {name}"))


def _value(statement: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]
