"""Reads what claimed deliveries need: their events and subscribers, each row once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from dispatch.breaker import Breaker
from dispatch.ledger.dialect import among, as_time, fetched_together, to_database, to_id, to_whole
from dispatch.ledger.health import IS_WATCHED
from dispatch.tracing.context import Trace, from_attributes

#: Payloads above so many bytes are read one by one: a batch of them could fill the memory.
LARGE_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class LoadedEvent:
    id: UUID
    topic: str
    author: str
    payload: str  # JSON text
    trace: Trace | None = None


class LoadedSubscriber(NamedTuple):
    """The last fields are those of its health; `is_watched` says that its row counts tries."""

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
    rate_limit_per_second: float | None = None
    breaker: str = Breaker.CLOSED
    cause: str = ""
    open_until: datetime | None = None
    opened_in_a_row: int = 0
    rate_due_at: datetime | None = None
    is_watched: bool = False

    @property
    def is_shut_off(self) -> bool:
        """Whether its breaker lets nothing through but a probe."""
        return self.breaker != Breaker.CLOSED


def load_needed(
    subscriber_ids: Iterable[int], event_ids: Iterable[UUID]
) -> tuple[dict[int, LoadedSubscriber], dict[UUID, LoadedEvent], dict[UUID, int]]:
    """What `load_subscribers` and `load_events` return, of one id each at least."""
    wanted = list(subscriber_ids)
    subscribers, events = fetched_together(_subscriber_query(wanted), _event_query(event_ids))
    return _subscribers_of(subscribers, wanted), *_events_of(events)


def load_events(ids: Iterable[UUID]) -> tuple[dict[UUID, LoadedEvent], dict[UUID, int]]:
    """The events, but for large ones, of which only the size is told, in bytes."""
    wanted = list(ids)
    return _events_of(fetched_together(_event_query(wanted))[0]) if wanted else ({}, {})


def _event_query(ids: Iterable[UUID]) -> tuple[str, list[Any]]:
    one_of, parameters = among(ids)
    payload = f"CASE WHEN size <= {LARGE_BYTES} THEN payload END"
    return f"SELECT id, topic, author, {payload}, attributes, size FROM event WHERE id {one_of}", parameters


def _events_of(rows: Sequence[tuple[Any, ...]]) -> tuple[dict[UUID, LoadedEvent], dict[UUID, int]]:
    events = [_event(*row[:5]) for row in rows if row[3] is not None]
    return {event.id: event for event in events}, {to_id(row[0]): to_whole(row[5]) for row in rows if row[3] is None}


def load_event(event_id: UUID) -> LoadedEvent | None:
    """One event, however large; None if it is missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, topic, author, payload, attributes FROM event WHERE id = %s", [to_database(event_id)]
        )
        row = cursor.fetchone()
    return _event(*row) if row else None


def _event(event_id: Any, topic: str, author: str, payload: str, attributes: str) -> LoadedEvent:
    return LoadedEvent(to_id(event_id), topic, author, payload, from_attributes(attributes))


def load_subscribers(ids: Iterable[int]) -> dict[int, LoadedSubscriber]:
    """All of them: a row that is gone has another in its place, which is as good as deleted."""
    wanted = list(ids)
    return _subscribers_of(fetched_together(_subscriber_query(wanted))[0], wanted) if wanted else {}


def _subscriber_query(ids: Iterable[int]) -> tuple[str, list[Any]]:
    one_of, parameters = among(ids)
    query = (
        "SELECT subscriber.id, target_url, state, deleted_at, retry_limit, connect_timeout_seconds, "
        "idle_timeout_seconds, total_timeout_seconds, max_in_flight, secret, previous_secret, "
        "previous_secret_until, body_format, rate_limit_per_second, "
        "health.breaker, health.cause, health.open_until, health.opened_in_a_row, health.rate_due_at, "
        f"{IS_WATCHED} "
        "FROM subscriber LEFT JOIN health ON health.subscriber_id = subscriber.id "
        f"WHERE subscriber.id {one_of}"
    )
    return query, parameters


def _subscribers_of(rows: Iterable[tuple[Any, ...]], wanted: Iterable[int]) -> dict[int, LoadedSubscriber]:
    found = {row[0]: _subscriber(*row) for row in rows}
    return found | {each: _missing_subscriber(each) for each in wanted if each not in found}


def _missing_subscriber(subscriber_id: int) -> LoadedSubscriber:
    return LoadedSubscriber(
        subscriber_id,
        "",
        is_paused=False,
        is_deleted=True,
        retry_limit=0,
        connect_timeout_seconds=None,
        idle_timeout_seconds=None,
        total_timeout_seconds=None,
        max_in_flight=None,
    )


def _subscriber(
    subscriber_id: int, target_url: str, state: str, deleted_at: datetime | None, retry_limit: int, *rest: Any
) -> LoadedSubscriber:
    *limits, breaker, cause, open_until, opened_in_a_row, rate_due_at, is_watched = rest
    connect, idle, total, max_in_flight, secret, previous, previous_until, body_format, rate_limit = limits
    numbers = [each for each in (connect, idle, total, max_in_flight, rate_limit) if each is not None]
    if not (isinstance(target_url, str) and all(isinstance(each, (int, float)) for each in (retry_limit, *numbers))):
        raise TypeError("the row of a subscriber holds no number, or no text, where one belongs")
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
        rate_limit,
        breaker or Breaker.CLOSED,
        cause or "",
        _moment(open_until),
        opened_in_a_row or 0,
        _moment(rate_due_at),
        bool(is_watched),
    )


def _secrets(secret: str, previous: str, previous_until: datetime | str | None) -> tuple[str, ...]:
    is_accepted = previous and previous_until is not None and as_time(previous_until) > timezone.now()
    return tuple(filter(None, (secret, previous if is_accepted else "")))


def _moment(value: Any) -> datetime | None:
    return None if value is None else as_time(value)
