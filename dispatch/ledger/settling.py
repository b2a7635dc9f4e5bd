"""Writes what came of claimed deliveries: the attempt, and the delivery's next state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db import DataError, IntegrityError
from django.db.backends.utils import CursorWrapper

from dispatch.ledger.dialect import (
    as_records,
    atomic_cursor,
    is_postgres,
    placeholders,
    soon_synced,
    to_id,
    to_sqlite,
)

#: With the types that Postgres gives them.
ATTEMPT_COLUMNS = {
    "delivery_id": "uuid",
    "number": "integer",
    "started_at": "timestamptz",
    **dict.fromkeys(("method", "url", "request_headers"), "text"),
    "status": "smallint",
    **dict.fromkeys(("error_kind", "error", "response_headers", "response_body"), "text"),
    **dict.fromkeys(("name_lookup_ms", "connect_ms", "tls_ms", "first_byte_ms", "total_ms"), "double precision"),
}
STANDING_COLUMNS = {
    "state": "text",
    "reason": "text",
    "attempts": "integer",
    "failures": "integer",
    "deferred_seconds": "double precision",
    "due_at": "timestamptz",
    "queued_at": "timestamptz",
    "settled_at": "timestamptz",
}
RESULT_COLUMNS = {"last_status": "smallint", "last_error": "text"}
STAYS = "new.last_error IS NULL"
INSERT = f"INSERT INTO attempt ({', '.join(ATTEMPT_COLUMNS)})"
#: What writes all, and returns the deliveries that were still claimed by the owner.
Write = Callable[[CursorWrapper], set[UUID]]
#: Is given the deliveries that were still claimed by the owner.
Also = Callable[[set[UUID]], None]


@dataclass(frozen=True, slots=True)
class AttemptRow:
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


@dataclass(frozen=True, slots=True)
class Settlement:
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
    with soon_synced(), atomic_cursor() as cursor:
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
    """A statement for all deliveries and one for all attempts, each with its rows in one parameter."""
    columns = {"id": "uuid", **STANDING_COLUMNS, **RESULT_COLUMNS}
    deliveries, settled = as_records([(*_standing(each), *_result(each)) for each in settlements], columns)
    tried = _tried(settlements)
    attempts, rows = as_records(tried, ATTEMPT_COLUMNS)
    assignments = ", ".join(
        [
            *(f"{name} = new.{name}" for name in STANDING_COLUMNS),
            *(f"{name} = CASE WHEN {STAYS} THEN delivery.{name} ELSE new.{name} END" for name in RESULT_COLUMNS),
        ]
    )

    def write(cursor: CursorWrapper) -> set[UUID]:
        cursor.execute(
            f"UPDATE delivery SET {assignments}, owner = NULL, lease_until = NULL FROM ({deliveries}) AS new "
            "WHERE delivery.id = new.id AND delivery.state = 'claimed' AND delivery.owner = %s RETURNING delivery.id",
            [settled, owner],
        )
        ours = {row[0] for row in cursor.fetchall()}
        if tried:
            cursor.execute(f"{INSERT} {attempts} ON CONFLICT DO NOTHING", [rows])
        return ours

    return write


def _on_sqlite(owner: UUID, settlements: Sequence[Settlement]) -> Write:
    """A statement for each row: SQLite runs it again for less than it costs to parse one with all of them."""
    resulted = [to_sqlite((*_standing(each), *_result(each))) for each in settlements if each.last_error is not None]
    unchanged = [to_sqlite(_standing(each)) for each in settlements if each.last_error is None]
    tried = list(map(to_sqlite, _tried(settlements)))
    ids = orjson.dumps([each.delivery_id.hex for each in settlements]).decode()

    def write(cursor: CursorWrapper) -> set[UUID]:
        cursor.execute(
            "SELECT id FROM delivery "
            "WHERE id IN (SELECT value FROM json_each(%s)) AND state = 'claimed' AND owner = %s",
            [ids, owner.hex],
        )
        ours = {row[0] for row in cursor.fetchall()}
        for columns, rows in (({**STANDING_COLUMNS, **RESULT_COLUMNS}, resulted), (STANDING_COLUMNS, unchanged)):
            assignments = ", ".join(f"{name} = %s" for name in columns)
            cursor.executemany(
                f"UPDATE delivery SET {assignments}, owner = NULL, lease_until = NULL WHERE id = %s",
                [(*values, delivery_id) for delivery_id, *values in rows if delivery_id in ours],
            )
        cursor.executemany(f"{INSERT} VALUES ({placeholders(len(ATTEMPT_COLUMNS))}) ON CONFLICT DO NOTHING", tried)
        return set(map(to_id, ours))

    return write


def _standing(settlement: Settlement) -> tuple[object, ...]:
    return (
        settlement.delivery_id,
        settlement.state,
        settlement.reason,
        settlement.attempts,
        settlement.failures,
        settlement.deferred_seconds,
        settlement.due_at,
        settlement.queued_at,
        settlement.settled_at,
    )


def _result(settlement: Settlement) -> tuple[object, ...]:
    return (settlement.last_status, settlement.last_error)


def _tried(settlements: Sequence[Settlement]) -> list[tuple[object, ...]]:
    return [_attempt_values(each.delivery_id, each.attempt) for each in settlements if each.attempt]


def _attempt_values(delivery_id: UUID, attempt: AttemptRow) -> tuple[object, ...]:
    return (
        delivery_id,
        attempt.number,
        attempt.started_at,
        attempt.method,
        attempt.url,
        attempt.request_headers,
        attempt.status,
        attempt.error_kind,
        attempt.error,
        attempt.response_headers,
        attempt.response_body,
        attempt.name_lookup_ms,
        attempt.connect_ms,
        attempt.tls_ms,
        attempt.first_byte_ms,
        attempt.total_ms,
    )
