"""Counts, for each subscriber, the events that its filter could not judge. Kept in memory, written once in a while."""

import logging
import threading
import time

from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from subscribers.filters import Unknown
from subscribers.models import Subscriber

WRITE_EVERY_SECONDS = 5.0

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_noted: dict[int, tuple[int, str]] = {}
_writer_runs = False


def note(subscriber_id: int, unknown: Unknown) -> None:
    """Counts one event that `subscriber_id`'s filter left unknown. Never waits for the database."""
    with _lock:
        count, _ = _noted.get(subscriber_id, (0, ""))
        _noted[subscriber_id] = (count + 1, str(unknown))
    _ensure_writer()


def write() -> None:
    """Adds what was noted to the subscribers' rows. Raises DatabaseError; what was not written stays noted."""
    with _lock:
        noted = dict(_noted)
    for subscriber_id, (count, text) in noted.items():
        # These columns are no concern of matching: the triggers do not count this as a change.
        Subscriber.objects.filter(pk=subscriber_id).update(
            filter_error_count=F("filter_error_count") + count,
            last_filter_error=text[:500],
            last_filter_error_at=timezone.now(),
        )
        _forget(subscriber_id, count)


def _forget(subscriber_id: int, written: int) -> None:
    """Takes off what was written; more may have been noted meanwhile."""
    with _lock:
        count, text = _noted.pop(subscriber_id)
        if count > written:
            _noted[subscriber_id] = (count - written, text)


def _ensure_writer() -> None:
    global _writer_runs
    with _lock:
        if _writer_runs:
            return
        _writer_runs = True
    threading.Thread(target=_write_for_ever, name="filter-errors", daemon=True).start()


def _write_for_ever() -> None:
    while True:
        time.sleep(WRITE_EVERY_SECONDS)
        if not _noted:
            continue
        try:
            write()
        except DatabaseError as error:
            logger.warning("Could not write the counts of filter errors: %s", error)
        finally:
            connection.close()
