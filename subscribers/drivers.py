"""The driver of the database, as Django has loaded it: a hub on SQLite imports none of Postgres, which takes memory."""

from typing import Any

from django.db import connection


def driver() -> Any:
    """The module `sqlite3` or `psycopg`."""
    return connection.Database  # type: ignore[attr-defined] # Django's stubs leave it out
