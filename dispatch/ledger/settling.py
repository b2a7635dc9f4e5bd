"""Writes what came of claimed deliveries: the attempt, and the delivery's next state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError

from dispatch.ledger.dialect import atomic_cursor, chunks, flatten, soon_synced, to_database, to_id, values

ATTEMPT_COLUMNS = (
    "delivery_id, number, started_at, method, url, request_headers, status, error_kind, error, "
    "response_headers, response_body, name_lookup_ms, connect_ms, tls_ms, first_byte_ms, total_ms"
)
ATTEMPT_TYPES = (
    *("uuid", "integer", "timestamptz", "text", "text", "text", "smallint", "text", "text", "text", "text"),
    *["double precision"] * 5,
)
SETTLED_COLUMNS = (
    "state, reason, attempts, failures, deferred_seconds, due_at, queued_at, last_status, last_error, settled_at"
)
SETTLED_TYPES = (
    *("uuid", "text", "text", "integer", "integer", "double precision"),
    *("timestamptz", "timestamptz", "smallint", "text", "timestamptz"),
)
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
    """The next state of one claimed delivery, and the attempt that led to it, if one was made."""

    delivery_id: UUID
    state: str
    reason: str
    attempts: int
    failures: int
    deferred_seconds: float
    due_at: datetime
    queued_at: datetime | None
    last_status: int | None
    last_error: str
    settled_at: datetime | None
    attempt: AttemptRow | None


def settle(owner: UUID, settlements: Sequence[Settlement], also: Also | None = None) -> set[UUID]:
    """Writes all in one transaction; returns the deliveries that were still claimed by `owner`.

    The others were taken over meanwhile: only their attempt is kept, if its number is free. What `also` writes is
    written with them or not at all.
    """
    # Put together before the transaction begins: it holds the lock of all writers on SQLite.
    updates, inserts = _updates(owner, settlements), _inserts(settlements)
    ours: set[UUID] = set()
    with soon_synced(), atomic_cursor() as cursor:
        for statement, parameters in updates:
            cursor.execute(statement, parameters)
            ours |= {to_id(row[0]) for row in cursor.fetchall()}
        for statement, parameters in inserts:
            cursor.execute(statement, parameters)
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


def _updates(owner: UUID, settlements: Sequence[Settlement]) -> list[tuple[str, list[Any]]]:
    assignments = ", ".join(f"{name} = new.column{place}" for place, name in enumerate(SETTLED_COLUMNS.split(", "), 2))
    return [
        (
            f"UPDATE delivery SET {assignments}, owner = NULL, lease_until = NULL "
            f"FROM ({values(SETTLED_TYPES, len(chunk))}) AS new "
            "WHERE delivery.id = new.column1 AND delivery.state = 'claimed' AND delivery.owner = %s "
            "RETURNING delivery.id",
            [*flatten(_settled_values(settlement) for settlement in chunk), to_database(owner)],
        )
        for chunk in chunks(settlements, len(SETTLED_TYPES))
    ]


def _settled_values(settlement: Settlement) -> tuple[object, ...]:
    return (
        settlement.delivery_id,
        settlement.state,
        settlement.reason,
        settlement.attempts,
        settlement.failures,
        settlement.deferred_seconds,
        settlement.due_at,
        settlement.queued_at,
        settlement.last_status,
        settlement.last_error,
        settlement.settled_at,
    )


def _inserts(settlements: Sequence[Settlement]) -> list[tuple[str, list[Any]]]:
    rows = [(settlement.delivery_id, settlement.attempt) for settlement in settlements if settlement.attempt]
    return [
        (
            f"INSERT INTO attempt ({ATTEMPT_COLUMNS}) {values(ATTEMPT_TYPES, len(chunk))} ON CONFLICT DO NOTHING",
            flatten(_attempt_values(delivery_id, attempt) for delivery_id, attempt in chunk),
        )
        for chunk in chunks(rows, len(ATTEMPT_TYPES))
    ]


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
