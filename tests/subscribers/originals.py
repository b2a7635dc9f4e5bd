"""Makes a database as the original leaves it behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

CREATE = (
    "CREATE TABLE subscribers (id integer PRIMARY KEY AUTOINCREMENT, created_at datetime, updated_at datetime,"
    " deleted_at datetime, topic text, filter_expression text, target_url text)"
)
INSERT = "INSERT INTO subscribers (topic, filter_expression, target_url, deleted_at) VALUES (?, ?, ?, ?)"
DELETED = "2020-01-02 03:04:05"

Original = tuple[str, str | None, str, str | None]


def write_originals(path: Path, *rows: Original) -> Path:
    """Rows are topic, filter expression, target URL and when it was deleted."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(CREATE)
        database.executemany(INSERT, rows)
    return path
