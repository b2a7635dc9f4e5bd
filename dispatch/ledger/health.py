"""The health rows: written by whoever has news of a subscriber, read by all, one change after the other."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from dispatch.breaker import PROBE_LOST_AFTER, Condition, Tally, after
from dispatch.ledger.dialect import as_time, atomic_cursor, is_postgres, placeholders, to_database, values
from dispatch.ledger.recovering import FUTURE_MARGIN
from dispatch.rates import grant
from dispatch.verdicts import MAX_DEFERRAL

CONDITION = tuple(field.name for field in fields(Condition))
MOMENTS = ("open_until", "window_started_at", "failing_since")
#: Its parameter is `_farthest`.
TOO_LONG = "breaker <> 'closed' AND open_until > %s"
#: The row says that not all is well, or that it is being watched.
IS_WATCHED = (
    "(health.breaker <> 'closed' OR health.failures_in_a_row > 0 OR health.window_started_at IS NOT NULL "
    "OR health.failing_since IS NOT NULL)"
)


def note(tallies: Mapping[int, Tally], now: datetime) -> dict[int, tuple[Condition, Condition]]:
    """Writes what tries that have ended say of their subscribers; returns the conditions before and after."""
    with atomic_cursor() as cursor:
        _make_rows(cursor, tallies)
        before = _locked(cursor, tallies)
        noted = {key: (condition, after(condition, tallies[key], now)) for key, condition in before.items()}
        for subscriber_id, (old, new) in noted.items():
            if new != old:
                _write(cursor, subscriber_id, new)
    return noted


def elect_probe(subscriber_id: int, now: datetime) -> bool:
    """Whether this process is to find out how the subscriber does: once the pause is over, one of all is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE health SET breaker = 'half_open', open_until = %s "
            "WHERE subscriber_id = %s AND breaker <> 'closed' AND open_until <= %s",
            [to_database(now + PROBE_LOST_AFTER), subscriber_id, to_database(now)],
        )
        return bool(cursor.rowcount == 1)


def withdraw_probe(subscriber_id: int, now: datetime) -> None:
    """There was nothing to send: the next one may go at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE health SET breaker = 'open', open_until = %s WHERE subscriber_id = %s AND breaker = 'half_open'",
            [to_database(now), subscriber_id],
        )


def end_pause(subscriber_id: int, now: datetime) -> bool:
    """Has the next probe go at once; False if the subscriber is not left alone, or asked for that itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE health SET open_until = %s WHERE subscriber_id = %s AND breaker = 'open' AND cause <> 'throttled'",
            [to_database(now), subscriber_id],
        )
        return bool(cursor.rowcount)


def reserve(subscriber_id: int, per_second: float, wanted: int, now: datetime) -> int:
    """How many requests the rate limit grants now, to all processes together; they count as sent."""
    with atomic_cursor() as cursor:
        _make_rows(cursor, [subscriber_id])
        cursor.execute(f"SELECT rate_due_at FROM health WHERE subscriber_id = %s{_lock()}", [subscriber_id])
        [due_at] = cursor.fetchone()
        granted, due = grant(None if due_at is None else as_time(due_at), per_second, wanted, now)
        if granted:
            cursor.execute(
                "UPDATE health SET rate_due_at = %s WHERE subscriber_id = %s", [to_database(due), subscriber_id]
            )
    return granted


def _make_rows(cursor: CursorWrapper, subscribers: Iterable[int]) -> None:
    """In the order of their ids, so that two processes cannot wait for each other."""
    ids = sorted(subscribers)
    rows = values(("bigint",), len(ids))
    cursor.execute(f"INSERT INTO health (subscriber_id) {rows} ON CONFLICT DO NOTHING", ids)


def _locked(cursor: CursorWrapper, subscribers: Iterable[int]) -> dict[int, Condition]:
    ids = sorted(subscribers)
    cursor.execute(
        f"SELECT subscriber_id, {', '.join(CONDITION)} FROM health "
        f"WHERE subscriber_id IN ({placeholders(len(ids))}) ORDER BY subscriber_id{_lock()}",
        ids,
    )
    return {row[0]: _condition(row[1:]) for row in cursor.fetchall()}


def _lock() -> str:
    return " FOR UPDATE" if is_postgres() else ""  # there the transaction itself is the lock


def _condition(row: tuple[Any, ...]) -> Condition:
    found = dict(zip(CONDITION, row, strict=True))
    moments = {name: as_time(found[name]) for name in MOMENTS if found[name] is not None}
    return Condition(**(found | moments))


def _write(cursor: CursorWrapper, subscriber_id: int, condition: Condition) -> None:
    assignments = ", ".join(f"{name} = %s" for name in CONDITION)
    cursor.execute(
        f"UPDATE health SET {assignments} WHERE subscriber_id = %s",
        [*map(to_database, map(_plain, astuple(condition))), subscriber_id],
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value  # an enum's member is not what a driver takes


def left_alone_for_too_long(now: datetime) -> int:
    """Subscribers that are left alone until later than any pause lasts."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM health WHERE {TOO_LONG}", [to_database(_farthest(now))])
        return int(cursor.fetchone()[0])


def end_long_pauses(now: datetime) -> int:
    """Lets each of them be asked again at once; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE health SET open_until = %s WHERE {TOO_LONG}",
            [to_database(now), to_database(_farthest(now))],
        )
        return int(cursor.rowcount)


def _farthest(now: datetime) -> datetime:
    """No pause lasts longer: a breaker's own are shorter than what a subscriber may ask for."""
    return now + MAX_DEFERRAL + FUTURE_MARGIN
