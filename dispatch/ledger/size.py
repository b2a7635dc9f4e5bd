"""How much the ledger holds and how much room it takes: by few looks, however long the tables are."""

import os
import shutil
from pathlib import Path
from typing import Any

from django.db import connection

from dispatch.ledger.dialect import is_postgres
from dispatch.models.delivery import WAITING


def waiting_deliveries(limit: int) -> int:
    """How many deliveries are pending, claimed or held; of each, no more than `limit` are counted."""
    # In the index's order: a planner that expects many would else read through the table until it has found them.
    some = "SELECT 1 FROM delivery WHERE state = %s ORDER BY id DESC LIMIT %s"
    return sum(int(_value(f"SELECT count(*) FROM ({some}) AS waiting", state, limit)) for state in WAITING)


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
