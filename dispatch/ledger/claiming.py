"""To load is to claim: a conditional update gives a delivery to one owner, and counts on no lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from dispatch.ledger.dialect import among, as_time, by, is_postgres, of_state, soon_synced, to_database, to_id

#: A claim outlasts the longest exchange; it is lost only once its owner's heartbeat is stale as well.
LEASE = timedelta(seconds=60)
#: No request is begun later than so long before its claim's lease ends: the machines' clocks differ a little.
LEASE_MARGIN = timedelta(seconds=5)
#: A broker's job says itself that its delivery is due: one whose time is so near is early by another machine's clock.
CLOCK_MARGIN = timedelta(seconds=5)

CLAIM = "UPDATE delivery SET state = 'claimed', reason = '', owner = %s, lease_until = %s"
CLAIMED_COLUMNS = "id, event_id, subscriber_id, attempts, failures, deferred_seconds, replay_of_id, due_at, lost_claims"

#: So many consumers have died while they had it: it may be what killed them, and is claimed alone.
SUSPECT_FROM = 2
UNSUSPECTED = f"lost_claims < {SUSPECT_FROM}"


class Claim(NamedTuple):
    """A delivery that this process has taken, as it stood then."""

    delivery_id: UUID
    event_id: UUID
    subscriber_id: int
    attempts: int
    failures: int
    deferred_seconds: float
    replay_of: UUID | None
    due_at: datetime
    lease_until: datetime
    lost_claims: int = 0

    @property
    def is_suspect(self) -> bool:
        return self.lost_claims >= SUSPECT_FROM

    @property
    def claimed_at(self) -> datetime:
        return self.lease_until - LEASE

    def holds(self, now: datetime) -> bool:
        """Whether nobody can have taken it over, be the owner's heart beating or not; `now` is the wall clock, by which
        others judge the lease and which goes on while a process is stopped or its machine asleep."""
        return now < self.lease_until - LEASE_MARGIN


def claim_due(owner: UUID, limit: int, now: datetime) -> list[Claim]:
    """Claims up to `limit` due deliveries, the longest due first; what another process claims meanwhile is skipped."""
    if not is_postgres() and not _is_any_due(now):
        return []  # on SQLite even an update of nothing takes the one lock of all writers
    due = (
        f"SELECT id FROM delivery{by('delivery_due')} WHERE state = 'pending' AND due_at <= %s AND {UNSUSPECTED} "
        "ORDER BY due_at LIMIT %s"
    )
    # As an array it is worked out once: under IN, Postgres may repeat it for each row, and so claim beyond the limit.
    chosen = f"= ANY(ARRAY({due} FOR UPDATE SKIP LOCKED))" if is_postgres() else f"IN ({due})"
    return claim_rows(
        f"{CLAIM} WHERE id {chosen} AND {of_state('pending')} RETURNING {CLAIMED_COLUMNS}",
        owner,
        now,
        [to_database(now), limit],
    )


def _is_any_due(now: datetime) -> bool:
    due_at = next_due()
    return due_at is not None and due_at <= now


def claim_named(owner: UUID, ids: Sequence[UUID], now: datetime) -> list[Claim]:
    """Claims those of `ids` that are pending and due, or would be by a clock that is a little ahead."""
    one_of, parameters = among(ids)
    return claim_rows(
        f"{CLAIM} WHERE id {one_of} AND {of_state('pending')} AND due_at <= %s "
        f"AND {UNSUSPECTED} RETURNING {CLAIMED_COLUMNS}",
        owner,
        now,
        [*parameters, to_database(now + CLOCK_MARGIN)],
    )


def claim_early(owner: UUID, failures: dict[UUID, int], now: datetime) -> list[Claim]:
    """Claims pending deliveries, due or not, that have failed exactly so often: the broker's own retries, and those
    that an operator brings forward in the broker's pages. A job left over from an earlier try is not among them."""
    found: list[Claim] = []
    for count in sorted(set(failures.values())):
        one_of, parameters = among([delivery_id for delivery_id, failed in failures.items() if failed == count])
        found += claim_rows(
            f"{CLAIM} WHERE id {one_of} AND {of_state('pending')} AND failures = %s "
            f"AND {UNSUSPECTED} RETURNING {CLAIMED_COLUMNS}",
            owner,
            now,
            [*parameters, count],
        )
    return found


def reopen_dead(owner: UUID, ids: Sequence[UUID], now: datetime) -> list[Claim]:
    """Claims dead deliveries whose job an operator has taken out of the broker's dead set."""
    one_of, parameters = among(ids)
    return claim_rows(
        f"{CLAIM}, settled_at = NULL WHERE id {one_of} AND {of_state('dead')} RETURNING {CLAIMED_COLUMNS}",
        owner,
        now,
        parameters,
    )


def due_suspects(now: datetime, limit: int) -> list[tuple[UUID, int, int]]:
    """Suspects that are due, the longest due first, each with its subscriber and its lost claims; less those of
    subscribers that are left alone for now, which stand in nobody's way, however many they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, subscriber_id, lost_claims FROM delivery{by('delivery_suspect')} "
            f"WHERE state = 'pending' AND due_at <= %s AND lost_claims >= {SUSPECT_FROM} "
            "AND NOT EXISTS (SELECT 1 FROM health WHERE health.subscriber_id = delivery.subscriber_id "
            "AND breaker <> 'closed' AND open_until > %s) "
            "ORDER BY due_at LIMIT %s",
            [to_database(now), to_database(now), limit],
        )
        return [(to_id(delivery_id), *rest) for delivery_id, *rest in cursor.fetchall()]


def claim_suspect(owner: UUID, delivery_id: UUID, now: datetime) -> list[Claim]:
    """Claims one that is due though it may be what kills its consumers."""
    return claim_rows(
        f"{CLAIM} WHERE id = %s AND {of_state('pending')} AND due_at <= %s RETURNING {CLAIMED_COLUMNS}",
        owner,
        now,
        [to_database(delivery_id), to_database(now)],
    )


def next_due() -> datetime | None:
    """When the delivery that is due first is due, or None if none is pending. Suspects, claimed apart, do not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT due_at FROM delivery{by('delivery_due')} WHERE state = 'pending' AND {UNSUSPECTED} "
            "ORDER BY due_at LIMIT 1"
        )
        row = cursor.fetchone()
        return None if row is None else as_time(row[0])


def next_suspect_due() -> datetime | None:
    """The same of suspects alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT due_at FROM delivery{by('delivery_suspect')} WHERE state = 'pending' "
            f"AND lost_claims >= {SUSPECT_FROM} ORDER BY due_at LIMIT 1"
        )
        row = cursor.fetchone()
        return None if row is None else as_time(row[0])


def hand_back(owner: UUID, ids: Sequence[UUID]) -> int:
    """Gives claims back untried, due as before and to be queued anew; returns how many were still ours."""
    if not ids:
        return 0
    one_of, parameters = among(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'pending', owner = NULL, lease_until = NULL, queued_at = NULL "
            f"WHERE id {one_of} AND {of_state('claimed')} AND owner = %s",
            [*parameters, to_database(owner)],
        )
        return int(cursor.rowcount)


def claim_rows(statement: str, owner: UUID, now: datetime, rest: list[Any]) -> list[Claim]:
    """Runs a statement that begins with CLAIM and returns CLAIMED_COLUMNS; `rest` is what else it takes."""
    lease_until = now + LEASE
    with soon_synced(), connection.cursor() as cursor:
        cursor.execute(statement, [to_database(owner), to_database(lease_until), *rest])
        rows = cursor.fetchall()
    events = {event_id: to_id(event_id) for event_id in {row[1] for row in rows}}
    return [_as_claim(lease_until, events, *row) for row in rows]


def _as_claim(
    lease_until: datetime,
    events: Mapping[Any, UUID],
    delivery_id: Any,
    event_id: Any,
    subscriber_id: int,
    attempts: int,
    failures: int,
    deferred: float,
    origin: Any,
    due: Any,
    lost_claims: int,
) -> Claim:
    if not (type(attempts) is type(failures) is type(lost_claims) is int and isinstance(deferred, (int, float))):
        raise TypeError("the row of a delivery holds no number where one belongs")  # SQLite holds anything
    replay_of = None if origin is None else to_id(origin)
    return Claim(
        to_id(delivery_id),
        events[event_id],
        subscriber_id,
        attempts,
        failures,
        deferred,
        replay_of,
        as_time(due),
        lease_until,
        lost_claims,
    )
