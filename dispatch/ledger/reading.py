"""Functions for SQLite's statements that tell what Python reads of a value, and what it would read instead."""

from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper


def _is_text(raw: bytes | None) -> bool:
    try:
        (raw or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_moment(raw: bytes | None) -> bool:
    try:
        datetime.fromisoformat((raw or b"").decode())
    except ValueError:
        return False
    return True


def _as_text(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace")


#: They take a BLOB: a TEXT that is not UTF-8 cannot be handed to Python. SQLite may call them where a condition before
#: them has already decided, so with NULL too.
FUNCTIONS = {"switch_is_text": _is_text, "switch_is_moment": _is_moment, "switch_as_text": _as_text}


#: So the driver tells of a text that is not UTF-8, by the error that also tells of a database that is away.
UNREADABLE = "Could not decode to UTF-8"


def is_unreadable(error: BaseException) -> bool:
    """Whether SQLite did answer, with a text that cannot be handed to Python."""
    return UNREADABLE in str(error)


def reading_cursor() -> CursorWrapper:
    """A cursor on SQLite whose statements may call `FUNCTIONS`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pragma_function_list WHERE name LIKE 'switch_%%'", [])
        known = {name for (name,) in cursor.fetchall()}
    for name in FUNCTIONS.keys() - known:  # to replace one is refused while a statement runs
        connection.connection.create_function(name, 1, FUNCTIONS[name], deterministic=True)
    return connection.cursor()
