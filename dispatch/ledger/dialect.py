"""What differs between SQLite and Postgres in the statements of the ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dispatch.identifiers import id_of

#: SQLite takes 32,766 parameters a statement (https://sqlite.org/limits.html, item 9).
MAX_PARAMETERS = 30_000

Row = TypeVar("Row")


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


@contextmanager
def atomic_cursor() -> Iterator[CursorWrapper]:
    """A cursor inside a transaction of its own, or a savepoint of the one that is open."""
    with transaction.atomic(), connection.cursor() as cursor:
        yield cursor


def one_trip_cursor() -> AbstractContextManager[CursorWrapper]:
    """A cursor for one `execute`, of one statement or, on Postgres, of several: to it they are one transaction.

    To begin and to commit one would be two more trips to the database, each as long as the statement itself.
    """
    return atomic_cursor() if connection.in_atomic_block else connection.cursor()


def fetched_together(*queries: tuple[str, list[Any]]) -> list[list[tuple[Any, ...]]]:
    """The rows of each query, given as its SQL and its parameters; from Postgres in one trip."""
    found: list[list[tuple[Any, ...]]] = []
    with connection.cursor() as cursor:
        if is_postgres():
            sql, parameters = zip(*queries, strict=True)
            cursor.execute("; ".join(sql), flatten(parameters))
            found.append(cursor.fetchall())
            while cursor.nextset():
                found.append(cursor.fetchall())
        else:
            for query in queries:
                cursor.execute(*query)
                found.append(cursor.fetchall())
    return found


@contextmanager
def soon_synced() -> Iterator[None]:
    """What is committed inside outlives the process, but on SQLite perhaps no power cut: the disk is not waited for.

    For what may be done again, such as claims: after a power cut they are undone, with the deliveries due as before.
    """
    if is_postgres() or connection.in_atomic_block:
        yield
        return
    _set("synchronous", "NORMAL")
    try:
        yield
    finally:
        _set("synchronous", "FULL")


@contextmanager
def without_waiting() -> Iterator[None]:
    """On SQLite, who writes inside waits for no other writer: OperationalError comes at once.

    For what is only nice to have noted, by somebody who otherwise reads.
    """
    if is_postgres():
        yield
        return
    _set("busy_timeout", 0)
    try:
        yield
    finally:
        _set("busy_timeout", round(1000 * connection.settings_dict["OPTIONS"]["timeout"]))


def _set(pragma: str, value: str | int) -> None:
    connection.ensure_connection()
    # Past Django's cursor, which costs ten times the statement itself.
    with connection.wrap_database_errors:
        connection.connection.execute(f"PRAGMA {pragma} = {value}")


def values(types: Sequence[str], rows: int) -> str:
    """`VALUES` for so many rows of placeholders. Postgres is told the types; its columns are column1, column2, …"""
    cast = "%s::{}" if is_postgres() else "%s"
    row = ", ".join(cast.format(kind) for kind in types)
    return "VALUES " + ", ".join([f"({row})"] * rows)


def as_table(rows: Sequence[tuple[Any, ...]], types: Sequence[str]) -> tuple[str, list[Any]]:
    """A SELECT of the rows, whose columns are column1, column2, …, and its few parameters, however many the rows.

    Ids and bigints are never null; on SQLite texts hold no NUL. Some thousand placeholders cost three times as much.
    """
    names = ", ".join(f"column{place}" for place in range(1, len(types) + 1))
    if is_postgres():
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        columns = [_as_array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)]
        return f"SELECT * FROM unnest({arrays}) AS given({names})", columns
    extracts = ", ".join(f"json_extract(value, '$[{place}]') AS column{place + 1}" for place in range(len(types)))
    return f"SELECT {extracts} FROM json_each(%s)", [orjson.dumps(_with_hex(rows, types)).decode()]


def as_records(rows: Sequence[tuple[Any, ...]], columns: Mapping[str, str]) -> tuple[str, str]:
    """A SELECT of the rows on Postgres, and its one parameter; `columns` are their names and types.

    Raises ValueError for half a character. The driver would look at each of a batch's thousands of values by itself,
    and take seven times as long (measured).
    """
    types = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    source = f"SELECT {', '.join(columns)} FROM json_to_recordset(%s::json) AS given({types})"
    try:
        return source, orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows]).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from error


def _with_hex(rows: Sequence[tuple[Any, ...]], types: Sequence[str]) -> list[list[Any]]:
    found = [list(row) for row in rows]
    for place in [place for place, kind in enumerate(types) if kind == "uuid"]:
        for row in found:
            row[place] = row[place].hex
    return found


def by(index: str) -> str:
    """Names the index to read by, behind the table's name. Left to itself, SQLite takes that of the states for every
    condition on a state: it reads and sorts all rows of it, where the partial index would give the first at once."""
    return "" if is_postgres() else f" INDEXED BY {index}"


def of_state(state: str) -> str:
    """The condition on a state where the ids are given: on Postgres in a form for which no index is taken.

    With statistics from before a backlog came, it would go by an index of the state, and read for each batch all that
    waits.
    """
    return f"state || '' = '{state}'" if is_postgres() else f"state = '{state}'"


def placeholders(count: int) -> str:
    return ", ".join(["%s"] * count)


def among(ids: Iterable[UUID] | Iterable[int]) -> tuple[str, list[Any]]:
    """The condition that a column is one of the ids, and its parameters: on Postgres a single one."""
    if not is_postgres():
        found = list(map(_to_sqlite, ids))
        return f"IN ({placeholders(len(found))})", found
    plain = [each if isinstance(each, int) else each.hex for each in ids]
    kind = "bigint" if plain and isinstance(plain[0], int) else "uuid"
    return f"= ANY(%s::{kind}[])", [_braced(plain)]


def _as_array(column: Sequence[Any], kind: str) -> Any:
    if kind == "uuid":
        return _braced([each.hex for each in column])
    return _braced(column) if kind == "bigint" else list(column)


def _braced(plain: Iterable[Any]) -> str:
    """Postgres's text of an array of ids. The driver would look at each by itself, and take three times as long."""
    return f"{{{','.join(map(str, plain))}}}"


def to_database(value: Any) -> Any:
    """`value` as the driver wants it: SQLite keeps ids as hex and times as text."""
    return value if is_postgres() else _to_sqlite(value)


def _to_sqlite(value: Any) -> Any:
    kind = type(value)
    if kind is datetime:
        return as_text(value)
    return value.hex if issubclass(kind, UUID) else value


@lru_cache(maxsize=1_000)
def as_text(moment: datetime) -> str:
    """`moment` as SQLite keeps it, and as Django's own adapter writes it; that costs ten times as much. Here are many,
    most of them alike."""
    return str(moment if moment.tzinfo is UTC else moment.astimezone(UTC))[: -len("+00:00")]


def flatten(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """The parameters of a statement, row after row."""
    flat = [value for row in rows for value in row]
    return flat if is_postgres() else list(map(_to_sqlite, flat))


def to_id(value: Any) -> UUID:
    return value if isinstance(value, UUID) else id_of(value)


def to_whole(value: Any) -> int:
    """A whole number as it comes back; SQLite holds anything, whatever the type of its column. Raises TypeError."""
    if not isinstance(value, int):
        raise TypeError("a row holds no whole number where one belongs")
    return value


def as_time(value: datetime | str) -> datetime:
    """A time as it comes back; SQLite keeps UTC without saying so, and gives text for what is no plain column."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def chunks(rows: Sequence[Row], columns: int) -> Iterator[Sequence[Row]]:
    """Slices of `rows` that stay below the parameter limit of a statement with so many columns a row."""
    size = max(1, MAX_PARAMETERS // columns)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
