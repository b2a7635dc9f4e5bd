"""Whether the hub can do its work now, and if not, why."""

from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from dispatch import backpressure, outages
from dispatch.ledger.dialect import atomic_cursor, is_postgres
from dispatch.models import Consumer
from dispatch.overdue import OVERDUE, due_since
from dispatch.queues import open_queue
from dispatch.queues.base import QueueUnavailableError

#: Needs room on the disk of Postgres, as a publish of a quarter of a megabyte does; nothing of it is kept.
NEEDS_ROOM = (
    "CREATE TEMPORARY TABLE room AS SELECT repeat(md5(number::text), 32) FROM generate_series(1, 256) AS number; "
    "DROP TABLE pg_temp.room"
)
#: A consumer tells of its progress every few seconds.
PROGRESS_STALE = timedelta(seconds=30)


def obstacles() -> list[str]:
    """Sentences about what is in the way; none if all is well."""
    return [sentence for sentence in (_ledger(), _limit(), _queue()) if sentence]


def _ledger() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM subscriber_version")
        if outages.database.is_on:
            try_to_write()
            outages.database.end()
        return stalled(timezone.now())
    except (DatabaseError, InterfaceError) as error:
        reason = outages.sentence(error)
        cause = str(error).partition("\n")[0]  # Postgres adds hints, each in a line
        return reason if reason == outages.LACKS_TABLES else f"The database does not answer: {cause}."


def try_to_write() -> None:
    """Raises DatabaseError if the database takes no writes: a locked SQLite can be read all the same, and so can a
    Postgres whose disk is full."""
    with atomic_cursor() as cursor:
        cursor.execute("UPDATE subscriber_version SET number = number WHERE number < 0")
        if is_postgres():
            _take_room(cursor)


def _take_room(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT has_database_privilege(current_database(), 'TEMPORARY')")
    if cursor.fetchone()[0]:
        cursor.execute(NEEDS_ROOM)


def _limit() -> str | None:
    reached = backpressure.watcher().reached
    return f"Publishes are refused. {reached.detail}" if reached else None


def stalled(now: datetime) -> str | None:
    """Says so if work is due and no consumer makes progress; one that found nothing to do has made some, too.

    Raises DatabaseError.
    """
    progressed_at = Consumer.objects.order_by("-progressed_at").values_list("progressed_at", flat=True).first()
    if progressed_at is not None and progressed_at > now - PROGRESS_STALE:
        return None
    due_at = due_since(now)
    if due_at is None or due_at > now - OVERDUE:
        return None
    since = f"since {progressed_at:%Y-%m-%d %H:%M:%S} UTC" if progressed_at else "as none has been seen lately"
    return f"Deliveries are due since {due_at:%Y-%m-%d %H:%M:%S} UTC, and no consumer has made progress {since}."


def _queue() -> str | None:
    queue = open_queue()
    if queue.is_embedded:
        return None
    try:
        queue.depth()
    except QueueUnavailableError as error:
        return f"Faktory does not answer; events are accepted and wait in the database. {error}"
    finally:
        queue.close()
    return None
