"""Counts what is wrong in the ledger, for those who ask."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from dispatch.ledger.dialect import placeholders, to_database
from dispatch.ledger.recovering import FAR, FUTURE_MARGIN, lost_by_broker, lost_by_broker_at, lost_claims
from dispatch.ledger.releasing import (
    FIRST_TRY_TOO_LATE,
    HELD_FOR_NOTHING,
    PAUSE_HAS_ENDED,
    WAITS_FOR_DELETED,
    latest_first_try,
)

#: Looking at all events would take minutes in a large ledger.
NEWEST = 10_000
#: Retention takes deliveries away in days; before that, none may be missing.
RECENT = timedelta(days=1)


def unqueued(created_before: datetime) -> int:
    """Pending deliveries for which no job was pushed."""
    return _count(
        "delivery",
        "state = 'pending' AND queued_at IS NULL AND created_at NOT BETWEEN %s AND %s",
        [created_before, created_before + FUTURE_MARGIN],
    )


def lost_jobs(first_before: datetime, now: datetime) -> int:
    """Deliveries whose job the broker must have lost."""
    return _count("delivery", lost_by_broker(), lost_by_broker_at(first_before, now))


def claims_of_the_dead(now: datetime, living: Sequence[UUID]) -> int:
    return _count("delivery", *lost_claims(now, living))


def claims_of_the_future(now: datetime, living: Sequence[UUID]) -> int:
    """Claims of the living whose lease ends later than any lease of this time could; those of the dead are lost."""
    if not living:
        return 0
    condition = f"state = 'claimed' AND lease_until > %s AND owner IN ({placeholders(len(living))})"
    return _count("delivery", condition, [now + FAR, *living])


def waiting_for_deleted() -> int:
    return _count("delivery", WAITS_FOR_DELETED, [])


def held_though_active() -> int:
    return _count("delivery", PAUSE_HAS_ENDED, [])


def held_for_nothing() -> int:
    return _count("delivery", HELD_FOR_NOTHING, [])


def put_off_too_far(now: datetime) -> int:
    """First tries that are due later than any may be."""
    return _count("delivery", FIRST_TRY_TOO_LATE, [latest_first_try(now)])


def held_as_broken(subscribers: Sequence[int]) -> int:
    if not subscribers:
        return 0
    condition = f"state = 'held' AND reason = 'broken' AND subscriber_id IN ({placeholders(len(subscribers))})"
    return _count("delivery", condition, subscribers)


def standing_fan_outs(received_before: datetime, moved_before: datetime) -> int:
    condition = "fan_out = 'pending' AND received_at < %s AND (fan_out_queued_at IS NULL OR fan_out_queued_at < %s)"
    return _count("event", condition, [received_before, moved_before])


def miscounted_events(now: datetime) -> int:
    """Those among the newest events whose `matched` is not the number of their deliveries."""
    newest = (
        "(SELECT id, matched FROM event WHERE fan_out = 'done' AND received_at > %s "
        f"ORDER BY id DESC LIMIT {NEWEST}) AS newest"
    )
    theirs = "SELECT count(*) FROM delivery WHERE event_id = newest.id AND replay_of_id IS NULL AND replay_id IS NULL"
    return _count(newest, f"matched <> ({theirs})", [now - RECENT])


def torn() -> int:
    """Those among the newest deliveries whose event or subscriber is missing."""
    newest = f"(SELECT event_id, subscriber_id FROM delivery ORDER BY id DESC LIMIT {NEWEST}) AS newest"
    missing = (
        "NOT EXISTS (SELECT 1 FROM event WHERE event.id = newest.event_id) "
        "OR NOT EXISTS (SELECT 1 FROM subscriber WHERE subscriber.id = newest.subscriber_id)"
    )
    return _count(newest, missing, [])


def delivered_untried() -> int:
    """Those among the newest delivered that have no attempt to show for it."""
    newest = f"(SELECT id, attempts FROM delivery WHERE state = 'delivered' ORDER BY id DESC LIMIT {NEWEST}) AS newest"
    return _count(newest, "attempts = 0", [])


def _count(rows: str, condition: str, parameters: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {rows} WHERE {condition}", [to_database(each) for each in parameters])
        return int(cursor.fetchone()[0])
