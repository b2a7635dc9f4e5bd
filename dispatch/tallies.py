"""Counts of what this process did, kept in memory and added to the hub's totals every few seconds.

So the totals are right whatever the number of processes and machines, and counting costs no statement on any path.
A process that is killed loses the counts of its last seconds.
"""

import logging
import threading
from collections import Counter

from django.db import DatabaseError, connection

from dispatch.ledger.counting import add_to_totals

WRITE_EVERY_SECONDS = 5.0

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_tallied: Counter[tuple[str, str]] = Counter()
_writer: threading.Thread | None = None


def tally(name: str, label: str = "", count: int = 1) -> None:
    """Counts `count` more. Labels must be few: each is a row for ever."""
    with _lock:
        _tallied[name, label] += count
    _ensure_writer()


def write() -> None:
    """Adds what was tallied to the totals. Raises DatabaseError; what was not written stays tallied."""
    with _lock:
        taken = dict(_tallied)
        _tallied.clear()
    if not taken:
        return
    try:
        add_to_totals(taken)
    except DatabaseError:
        with _lock:
            _tallied.update(taken)
        raise


def write_last() -> None:
    """Writes what is left, at the end of a process; what the database does not take now is lost."""
    try:
        write()
    except DatabaseError as error:
        logger.warning("The counts of the last seconds are lost. %s", error)
    finally:
        connection.close()


def _ensure_writer() -> None:
    global _writer
    if _writer is not None and _writer.is_alive():
        return
    with _lock:
        if _writer is None or not _writer.is_alive():  # also in a forked process
            _writer = threading.Thread(target=_write_for_ever, name="tallies", daemon=True)
            _writer.start()


def _write_for_ever() -> None:
    pause = threading.Event()
    while not pause.wait(WRITE_EVERY_SECONDS):
        try:
            write()
        except DatabaseError as error:
            logger.debug("The tallies wait for the database. %s", error)
        finally:
            connection.close()
