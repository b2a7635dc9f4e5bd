"""Which pending work is in a queue, as far as the ledger knows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from dispatch.ledger.claiming import CLOCK_MARGIN
from dispatch.ledger.dialect import among, chunks, is_postgres, of_state, placeholders, to_database


def mark_queued(deliveries: Sequence[UUID], fan_outs: Sequence[UUID]) -> int:
    """Notes that jobs for these were pushed; returns how many deliveries were marked.

    Those that are settled or claimed by now need no mark.
    """
    now = to_database(timezone.now())
    marked = 0
    with connection.cursor() as cursor:
        for chunk in chunks(deliveries, 1):
            unmarked, parameters = _unmarked(chunk)
            cursor.execute(f"UPDATE delivery SET queued_at = %s WHERE {unmarked}", [now, *parameters])
            marked += cursor.rowcount
        for chunk in chunks(fan_outs, 1):
            cursor.execute(
                f"UPDATE event SET fan_out_queued_at = %s WHERE id IN ({placeholders(len(chunk))}) "
                "AND fan_out = 'pending'",
                [now, *map(to_database, chunk)],
            )
    return marked


def _unmarked(deliveries: Sequence[UUID]) -> tuple[str, list[Any]]:
    """The condition. On Postgres without those that are being claimed: a claim may wait for what is marked already, and
    if the mark waited for it in turn, both would stand still for a second, until Postgres finds the deadlock."""
    one_of, parameters = among(deliveries)
    unmarked = f"id {one_of} AND {of_state('pending')} AND queued_at IS NULL"
    if not is_postgres():
        return unmarked, parameters
    return f"id = ANY(ARRAY(SELECT id FROM delivery WHERE {unmarked} FOR UPDATE SKIP LOCKED))", parameters


def mark_unqueued(deliveries: Sequence[UUID]) -> None:
    """Notes that no queue may have these: the reconciler pushes them."""
    with connection.cursor() as cursor:
        for chunk in chunks(deliveries, 1):
            cursor.execute(
                f"UPDATE delivery SET queued_at = NULL WHERE id IN ({placeholders(len(chunk))}) "
                f"AND {of_state('pending')}",
                list(map(to_database, chunk)),
            )


def mark_early(deliveries: Sequence[UUID], now: datetime) -> None:
    """Notes that those which are not due by far have lost their jobs, which came too early: they are pushed anew."""
    with connection.cursor() as cursor:
        for chunk in chunks(deliveries, 1):
            cursor.execute(
                f"UPDATE delivery SET queued_at = NULL WHERE id IN ({placeholders(len(chunk))}) "
                f"AND {of_state('pending')} AND failures = 0 AND due_at > %s",
                [*map(to_database, chunk), to_database(now + CLOCK_MARGIN)],
            )
