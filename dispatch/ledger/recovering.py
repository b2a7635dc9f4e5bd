"""Finds work that nobody is about to do, and makes it due again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from dispatch.ledger.claiming import LEASE, UNSUSPECTED
from dispatch.ledger.dialect import as_time, atomic_cursor, by, placeholders, to_database, to_id, to_whole

MAX_LOST_CLAIMS = 5
CHUNK = 1_000
#: Rows of one statement: more would keep SQLite's publishers waiting for the lock.
FORGET_CHUNK = 5_000
#: A living consumer holds what waits and settles what it sends long before; only a fault of ours leaves one so long.
FORGOTTEN = timedelta(minutes=15)
#: How many of the longest due are looked through for one that the broker should have brought.
LOOKED_THROUGH = 1_000

#: Marks of the past that are so far in the future were written by a clock that was wrong.
FUTURE_MARGIN = timedelta(minutes=1)
#: No lease is longer; one that ends later was written by a clock that is ahead. One that ends sooner may be that of a
#: consumer that lives, and seems not to as this clock is behind.
FAR = timedelta(hours=1)

Unqueued = tuple[UUID, int, int, datetime]


def unqueued_deliveries(created_before: datetime) -> list[Unqueued]:
    """Pending deliveries for which no job was pushed: id, retry limit, failures, due time.

    Those of the future as well, whose publisher's clock was wrong.
    """
    # SQLite without statistics would go over all that is pending.
    index = "INDEXED BY delivery_unqueued" if connection.vendor == "sqlite" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT delivery.id, subscriber.retry_limit, delivery.failures, delivery.due_at "
            f"FROM delivery {index} JOIN subscriber ON subscriber.id = delivery.subscriber_id "
            "WHERE delivery.state = 'pending' AND delivery.queued_at IS NULL "
            "AND delivery.created_at NOT BETWEEN %s AND %s ORDER BY delivery.created_at LIMIT %s",
            [to_database(created_before), to_database(created_before + FUTURE_MARGIN), CHUNK],
        )
        return [(to_id(row[0]), to_whole(row[1]), to_whole(row[2]), as_time(row[3])) for row in cursor.fetchall()]


def unqueued_fan_outs(received_before: datetime, moved_before: datetime) -> list[UUID]:
    """Events whose fan-out is pending without a job, or whose last job or chunk was before `moved_before`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM event WHERE fan_out = 'pending' AND received_at < %s "
            "AND (fan_out_queued_at IS NULL OR fan_out_queued_at < %s) ORDER BY id LIMIT %s",
            [to_database(received_before), to_database(moved_before), CHUNK],
        )
        return [to_id(row[0]) for row in cursor.fetchall()]


def recover_lost_claims(now: datetime, living: Sequence[UUID]) -> tuple[int, int]:
    """Makes due again what dead consumers had claimed; returns how many, and how many are dead of being lost too often.

    A claim is lost if its owner is not among the `living` and its lease is over, or ends later than any of this time
    could; or much later in any case.
    """
    lost, parameters = lost_claims(now, living)
    with atomic_cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'dead', reason = 'lost', lost_claims = lost_claims + 1, settled_at = %s, "
            f"owner = NULL, lease_until = NULL WHERE {lost} AND lost_claims >= %s",
            [to_database(now), *parameters, MAX_LOST_CLAIMS - 1],
        )
        dead = int(cursor.rowcount)
        cursor.execute(
            "UPDATE delivery SET state = 'pending', lost_claims = lost_claims + 1, queued_at = NULL, "
            f"owner = NULL, lease_until = NULL WHERE {lost}",
            parameters,
        )
        return int(cursor.rowcount), dead


def recover_own_claims(owner: UUID, in_hand: Sequence[UUID]) -> int:
    """Makes due again what `owner` has claimed and does not know of: the answer to its claim was lost."""
    known = f"AND id NOT IN ({placeholders(len(in_hand))})" if in_hand else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'pending', queued_at = NULL, owner = NULL, lease_until = NULL "
            f"WHERE state = 'claimed' AND owner = %s {known}",
            [to_database(owner), *map(to_database, in_hand)],
        )
        return int(cursor.rowcount)


def forget_lost_jobs(first_before: datetime, now: datetime) -> int:
    """Marks as unqueued what the broker must have lost, up to `FORGET_CHUNK` at once; returns how many.

    First tries that were queued and due before `first_before` although the broker has nothing that old, and retries
    whose latest moment on the schedule is more than a minute past.
    """
    condition = lost_by_broker()
    parameters = [*map(to_database, lost_by_broker_at(first_before, now))]
    with connection.cursor() as cursor:
        # A look that finds nothing takes no lock: SQLite's publishers would wait for it.
        cursor.execute(f"SELECT id FROM delivery WHERE {condition} LIMIT {FORGET_CHUNK}", parameters)
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        cursor.execute(
            f"UPDATE delivery SET queued_at = NULL WHERE id IN ({placeholders(len(ids))}) AND {condition}",
            [*ids, *parameters],
        )
        return int(cursor.rowcount)


def lost_by_broker() -> str:
    """The condition of `forget_lost_jobs`; its parameters are those of `lost_by_broker_at`."""
    return f"state = 'pending' AND queued_at NOT BETWEEN %s AND %s AND due_at < %s AND (failures = 0 OR {_late()})"


def lost_by_broker_at(first_before: datetime, now: datetime) -> list[datetime]:
    return [first_before, now + FUTURE_MARGIN, first_before, now]


def _late() -> str:
    """A retry whose latest moment on the schedule is more than a minute before the parameter."""
    return f"{_latest_moment()} < %s"


def _latest_moment() -> str:
    """A minute behind the latest moment of a retry's schedule, within which the broker chooses."""
    if connection.vendor == "sqlite":
        return "datetime(due_at, '+' || (failures * 30 + 60) || ' seconds')"
    return "due_at + failures * interval '30 seconds' + interval '60 seconds'"


def withheld_since(now: datetime) -> datetime | None:
    """Since when a delivery is due that the broker should have brought, among the longest due; suspects do not count.

    A retry counts from a minute behind the latest moment of its schedule: the broker chooses the moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(moment) FROM (SELECT CASE failures WHEN 0 THEN due_at ELSE {_latest_moment()} END AS moment "
            f"FROM delivery{by('delivery_due')} WHERE state = 'pending' AND due_at <= %s AND {UNSUSPECTED} "
            f"ORDER BY due_at LIMIT {LOOKED_THROUGH}) AS due WHERE moment <= %s",
            [to_database(now), to_database(now)],
        )
        [moment] = cursor.fetchone()
        return None if moment is None else as_time(moment)


def oldest_orphan(living: Sequence[UUID]) -> datetime | None:
    """When the oldest claim of a consumer that is not among the `living` was made, or None if there is none.

    Such a claim is not lost before its lease is over, but nobody works on it.
    """
    owners = f"AND owner NOT IN ({placeholders(len(living))})" if living else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(lease_until) FROM delivery{by('delivery_claimed')} WHERE state = 'claimed' {owners}",
            [*map(to_database, living)],
        )
        [lease_until] = cursor.fetchone()
        return None if lease_until is None else as_time(lease_until) - LEASE


def lost_claims(now: datetime, living: Sequence[UUID]) -> tuple[str, list[Any]]:
    """The condition of `recover_lost_claims`, and its parameters."""
    owners = f"owner NOT IN ({placeholders(len(living))}) OR " if living else "owner IS NOT NULL OR "
    condition = f"state = 'claimed' AND lease_until NOT BETWEEN %s AND %s AND ({owners} lease_until < %s)"
    parameters = [now, now + FAR, *living, now - FORGOTTEN]
    return condition, [*map(to_database, parameters)]


def release(now: datetime, subscriber_id: int, reason: str) -> int:
    """Makes due what is held for `reason` and this subscriber; returns how many."""
    return _release("reason = %s AND subscriber_id = %s", now, [reason, subscriber_id])


def _release(condition: str, now: datetime, parameters: list[int | str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE delivery SET state = 'pending', reason = '', due_at = %s, queued_at = NULL "
            f"WHERE state = 'held' AND {condition}",
            [to_database(now), *parameters],
        )
        return int(cursor.rowcount)
