"""An operator's word on one waiting delivery, as a conditional update: what a consumer has claimed stays its own."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from dispatch.ledger.dialect import to_database


def make_due(delivery_id: UUID, now: datetime, *, is_queued: bool) -> bool:
    """Makes a pending delivery due now; False if it is not pending. `is_queued` says that no job has to be pushed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET due_at = %s, queued_at = %s WHERE id = %s AND state = 'pending'",
            [to_database(now), to_database(now) if is_queued else None, to_database(delivery_id)],
        )
        return bool(cursor.rowcount)


def cancel(delivery_id: UUID, now: datetime) -> bool:
    """Cancels a delivery that is pending or held; False if it is neither."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'cancelled', reason = 'operator', settled_at = %s, queued_at = NULL "
            "WHERE id = %s AND state IN ('pending', 'held')",
            [to_database(now), to_database(delivery_id)],
        )
        return bool(cursor.rowcount)
