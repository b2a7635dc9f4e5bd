"""Reads what claimed deliveries need: their events and subscribers, each row once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from dispatch.ledger.dialect import placeholders, to_database, to_id


@dataclass(frozen=True, slots=True)
class LoadedEvent:
    id: UUID
    topic: str
    author: str
    payload: str  # JSON text


@dataclass(frozen=True, slots=True)
class LoadedSubscriber:
    id: int
    target_url: str
    is_paused: bool
    is_deleted: bool
    retry_limit: int
    connect_timeout_seconds: float | None
    idle_timeout_seconds: float | None
    total_timeout_seconds: float | None
    max_in_flight: int | None
    secret: str


def load_events(ids: Iterable[UUID]) -> dict[UUID, LoadedEvent]:
    wanted = [to_database(event_id) for event_id in ids]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, topic, author, payload FROM event WHERE id IN ({placeholders(len(wanted))})",
            wanted,
        )
        found = [LoadedEvent(to_id(row[0]), *row[1:]) for row in cursor.fetchall()]
    return {event.id: event for event in found}


def load_subscribers(ids: Iterable[int]) -> dict[int, LoadedSubscriber]:
    wanted = list(ids)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, target_url, state, deleted_at, retry_limit, connect_timeout_seconds, "
            "idle_timeout_seconds, total_timeout_seconds, max_in_flight, secret "
            f"FROM subscriber WHERE id IN ({placeholders(len(wanted))})",
            wanted,
        )
        return {row[0]: _subscriber(*row) for row in cursor.fetchall()}


def _subscriber(
    subscriber_id: int, target_url: str, state: str, deleted_at: datetime | None, retry_limit: int, *rest: object
) -> LoadedSubscriber:
    return LoadedSubscriber(
        subscriber_id,
        target_url,
        state == "paused",
        deleted_at is not None,
        retry_limit,
        *rest,  # type: ignore[arg-type] # the driver's types are those of the columns
    )
