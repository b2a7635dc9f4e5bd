"""Writes what came of claimed deliveries: the attempt, and the delivery's next state."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import DataError, IntegrityError
from django.db.backends.utils import CursorWrapper

from dispatch.ledger.dialect import (
    as_records,
    as_text,
    atomic_cursor,
    is_postgres,
    one_trip_cursor,
    placeholders,
    soon_synced,
)

#: With the types that Postgres gives them; in the order of AttemptRow, behind the delivery's id.
ATTEMPT_COLUMNS = {
    "delivery_id": "uuid",
    "number": "integer",
    "started_at": "timestamptz",
    **dict.fromkeys(("method", "url", "request_headers"), "text"),
    "status": "smallint",
    **dict.fromkeys(("error_kind", "error", "response_headers", "response_body"), "text"),
    **dict.fromkeys(("name_lookup_ms", "connect_ms", "tls_ms", "first_byte_ms", "total_ms"), "double precision"),
}
#: In the order of Settlement, between the delivery's id and the attempt.
SETTLED_COLUMNS = {
    "state": "text",
    "reason": "text",
    "attempts": "integer",
    "failures": "integer",
    "deferred_seconds": "double precision",
    "due_at": "timestamptz",
    "queued_at": "timestamptz",
    "last_status": "smallint",
    "last_error": "text",
    "settled_at": "timestamptz",
}
#: Where nothing came of it, what came last stays.
ON_POSTGRES = {name: f"new.{name}" for name in SETTLED_COLUMNS} | {
    "last_status": "CASE WHEN new.last_error IS NULL THEN delivery.last_status ELSE new.last_status END",
    "last_error": "coalesce(new.last_error, delivery.last_error)",
}
ON_SQLITE = dict.fromkeys(SETTLED_COLUMNS, "%s") | {
    "last_status": "iif(%s, %s, last_status)",
    "last_error": "coalesce(%s, last_error)",
}
INSERT = f"INSERT INTO attempt ({', '.join(ATTEMPT_COLUMNS)})"
#: What writes all, and returns the deliveries that were still claimed by the owner.
Write = Callable[[CursorWrapper], set[UUID]]
#: Is given the deliveries that were still claimed by the owner.
Also = Callable[[set[UUID]], None]


class AttemptRow(NamedTuple):
    """Texts hold no NUL: Postgres refuses it."""

    number: int
    started_at: datetime
    method: str
    url: str
    request_headers: str
    status: int | None
    error_kind: str
    error: str
    response_headers: str
    response_body: str
    name_lookup_ms: float | None
    connect_ms: float | None
    tls_ms: float | None
    first_byte_ms: float | None
    total_ms: float


class Settlement(NamedTuple):
    """The next state of one claimed delivery, and the attempt that led to it, if one was made.

    A `last_error` of None says that nothing came of it, as of one that is held: what came last stays.
    """

    delivery_id: UUID
    state: str
    reason: str
    attempts: int
    failures: int
    deferred_seconds: float
    due_at: datetime
    queued_at: datetime | None
    last_status: int | None
    last_error: str | None
    settled_at: datetime | None
    attempt: AttemptRow | None


def settle(owner: UUID, settlements: Sequence[Settlement], also: Also | None = None) -> set[UUID]:
    """Writes all in one transaction; returns the deliveries that were still claimed by `owner`.

    The others were taken over meanwhile: only their attempt is kept, if its number is free. What `also` writes is
    written with them or not at all.
    """
    # Put together before the transaction begins: it holds the lock of all writers on SQLite.
    write = (_on_postgres if is_postgres() else _on_sqlite)(owner, settlements)
    with soon_synced(), one_trip_cursor() if is_postgres() and not also else atomic_cursor() as cursor:
        ours = write(cursor)
        if also:
            also(ours)
    return ours


def settle_one_by_one(
    owner: UUID, settlements: Sequence[Settlement], also: Also | None = None
) -> tuple[set[UUID], dict[UUID, str]]:
    """What `settle` does, row by row, for a batch that the database refused; returns also the rows it refuses."""
    ours: set[UUID] = set()
    refused: dict[UUID, str] = {}
    for settlement in settlements:
        try:
            ours |= settle(owner, [settlement], also)
        except (ValueError, DataError, IntegrityError) as error:
            refused[settlement.delivery_id] = str(error)
    return ours, refused


def _on_postgres(owner: UUID, settlements: Sequence[Settlement]) -> Write:
    """A statement for all deliveries and one for all attempts, each with its rows in one parameter, in one trip."""
    deliveries, settled = as_records([each[:-1] for each in settlements], {"id": "uuid", **SETTLED_COLUMNS})
    statements = (
        f"UPDATE delivery SET {_assignments(ON_POSTGRES)}, owner = NULL, lease_until = NULL FROM ({deliveries}) AS new "
        "WHERE delivery.id = new.id AND delivery.state = 'claimed' AND delivery.owner = %s RETURNING delivery.id"
    )
    parameters: list[Any] = [settled, owner]
    if tried := _tried(settlements):
        attempts, rows = as_records(tried, ATTEMPT_COLUMNS)
        statements += f"; {INSERT} {attempts} ON CONFLICT DO NOTHING"
        parameters.append(rows)

    def write(cursor: CursorWrapper) -> set[UUID]:
        cursor.execute(statements, parameters)
        return {row[0] for row in cursor.fetchall()}

    return write


def _on_sqlite(owner: UUID, settlements: Sequence[Settlement]) -> Write:
    """A statement for each row: SQLite runs it again for less than it costs to parse one with all of them."""
    keys = [each.delivery_id.hex for each in settlements]
    settled = dict(zip(keys, settlements, strict=True))
    rows = {key: _settled_on_sqlite(each, key) for key, each in settled.items()}
    tried = [_tried_on_sqlite(each.attempt, key) for each, key in zip(settlements, keys, strict=True) if each.attempt]
    ids = orjson.dumps(keys).decode()
    assignments = _assignments(ON_SQLITE)

    def write(cursor: CursorWrapper) -> set[UUID]:
        cursor.execute(
            "SELECT id FROM delivery "
            "WHERE id IN (SELECT value FROM json_each(%s)) AND state = 'claimed' AND owner = %s",
            [ids, owner.hex],
        )
        ours = [row[0] for row in cursor.fetchall()]
        cursor.executemany(
            f"UPDATE delivery SET {assignments}, owner = NULL, lease_until = NULL WHERE id = %s",
            [rows[key] for key in ours],
        )
        cursor.executemany(f"{INSERT} VALUES ({placeholders(len(ATTEMPT_COLUMNS))}) ON CONFLICT DO NOTHING", tried)
        return {settled[key].delivery_id for key in ours}

    return write


def _assignments(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _settled_on_sqlite(settlement: Settlement, key: str) -> tuple[Any, ...]:
    """What ON_SQLITE takes, and behind it the row's id."""
    return (
        settlement.state,
        settlement.reason,
        settlement.attempts,
        settlement.failures,
        settlement.deferred_seconds,
        as_text(settlement.due_at),
        settlement.queued_at and as_text(settlement.queued_at),
        settlement.last_error is not None,
        settlement.last_status,
        settlement.last_error,
        settlement.settled_at and as_text(settlement.settled_at),
        key,
    )


def _tried_on_sqlite(attempt: AttemptRow, key: str) -> tuple[Any, ...]:
    number, started_at, *rest = attempt
    return (key, number, as_text(started_at), *rest)


def _tried(settlements: Sequence[Settlement]) -> list[tuple[object, ...]]:
    return [(each.delivery_id, *each.attempt) for each in settlements if each.attempt]
