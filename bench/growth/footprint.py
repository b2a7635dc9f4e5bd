"""How many bytes a delivery takes: in the database as it lies there, and in the log that makes it durable."""

from collections.abc import Callable

from django.db import connection

from dispatch.models import Delivery


def database_bytes() -> int:
    """Tables and indexes."""
    if connection.vendor == "postgresql":
        return _number("SELECT pg_database_size(current_database())")
    return _number("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")


def bytes_per_delivery() -> float:
    """With its part of the event, and its attempt."""
    return database_bytes() / max(Delivery.objects.count(), 1)


def logged_bytes(function: Callable[[], object]) -> int | None:
    """What Postgres writes to its log for what the function does; None on SQLite, which tells nothing of the kind."""
    if connection.vendor != "postgresql":
        function()
        return None
    before = _number("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
    function()
    return _number("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn") - before


def _number(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
