"""Whether the hub can do its work now, and if not, why."""

from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from dispatch import backpressure, outages
from dispatch.ledger.claiming import next_due, next_suspect_due
from dispatch.ledger.dialect import atomic_cursor
from dispatch.ledger.holding import oldest_in_line
from dispatch.ledger.recovering import oldest_orphan
from dispatch.models import Consumer, Event
from dispatch.queues import open_queue
from dispatch.queues.base import QueueUnavailableError
from dispatch.reconciliation import living_consumers

#: Work may wait so long before anybody asks why.
OVERDUE = timedelta(seconds=15)
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
            _write()
        return stalled(timezone.now())
    except (DatabaseError, InterfaceError) as error:
        return f"The database does not answer: {error}."


def _write() -> None:
    """Whether the database takes writes again, which a publish has missed: a locked SQLite can be read all the same.

    Raises DatabaseError.
    """
    with atomic_cursor() as cursor:
        cursor.execute("UPDATE subscriber_version SET number = number WHERE number < 0")
    outages.database.end()


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
    due_at = _oldest_due(now)
    if due_at is None or due_at > now - OVERDUE:
        return None
    since = f"since {progressed_at:%Y-%m-%d %H:%M:%S} UTC" if progressed_at else "as none has been seen lately"
    return f"Deliveries are due since {due_at:%Y-%m-%d %H:%M:%S} UTC, and no consumer has made progress {since}."


def _oldest_due(now: datetime) -> datetime | None:
    """When the oldest delivery, or event whose deliveries are still to be written, became due.

    What dead consumers had claimed is due, too, and with no consumer alive what one would take up by itself.
    """
    pending = Event.objects.filter(fan_out=Event.FanOut.PENDING).order_by("id")
    living = living_consumers(now)
    moments = (
        next_due(),
        next_suspect_due(),
        pending.values_list("received_at", flat=True).first(),
        oldest_orphan(living),
        None if living else oldest_in_line(now - OVERDUE),
    )
    return min((moment for moment in moments if moment), default=None)


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
