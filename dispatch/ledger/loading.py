"""Reads what claimed deliveries need: their events and subscribers, each row once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from dispatch.ledger.dialect import as_time, placeholders, to_database, to_id


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
    secrets: tuple[str, ...] = ()  # that sign its requests: its own, and the one before while both are accepted
    body_format: str = "plain"


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
            "idle_timeout_seconds, total_timeout_seconds, max_in_flight, secret, previous_secret, "
            "previous_secret_until, body_format "
            f"FROM subscriber WHERE id IN ({placeholders(len(wanted))})",
            wanted,
        )
        return {row[0]: _subscriber(*row) for row in cursor.fetchall()}


def _subscriber(
    subscriber_id: int, target_url: str, state: str, deleted_at: datetime | None, retry_limit: int, *rest: Any
) -> LoadedSubscriber:
    connect, idle, total, max_in_flight, secret, previous, previous_until, body_format = rest
    return LoadedSubscriber(
        subscriber_id,
        target_url,
        state == "paused",
        deleted_at is not None,
        retry_limit,
        connect,
        idle,
        total,
        max_in_flight,
        _secrets(secret, previous, previous_until),
        body_format,
    )


def _secrets(secret: str, previous: str, previous_until: datetime | str | None) -> tuple[str, ...]:
    is_accepted = previous and previous_until is not None and as_time(previous_until) > timezone.now()
    return tuple(filter(None, (secret, previous if is_accepted else "")))
