"""Tells of a database that cannot serve the web server: one line when it begins, and one when it ends."""

import logging
import threading

from django.db import DatabaseError, InterfaceError, OperationalError

AWAY = "The database does not answer."
LACKS_TABLES = "The database lacks tables of this version: run manage.py migrate."
#: Of Postgres: undefined_table and undefined_column.
LACKING_STATES = ("42P01", "42703")
LACKING_TEXTS = ("no such table", "no such column")

logger = logging.getLogger(__name__)


def sentence(error: BaseException | None) -> str | None:
    """What keeps the database from serving, as an error tells it; None if the error is about something else."""
    if isinstance(error, DatabaseError) and _lacks_tables(error):
        return LACKS_TABLES
    return AWAY if isinstance(error, (OperationalError, InterfaceError)) else None


def _lacks_tables(error: DatabaseError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in LACKING_STATES or str(error).startswith(LACKING_TEXTS)


class Outage:
    """Of one process, whose threads tell of it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_on = False

    @property
    def is_on(self) -> bool:
        return self._is_on

    def note(self, error: Exception) -> None:
        with self._lock:
            is_news, self._is_on = not self._is_on, True
        if is_news:
            logger.error("%s Requests are refused meanwhile. %s", sentence(error) or AWAY, error)

    def end(self) -> None:
        if not self._is_on:  # the usual: no lock on the way of a publish
            return
        with self._lock:
            is_news, self._is_on = self._is_on, False
        if is_news:
            logger.info("The database answers again.")


database = Outage()
