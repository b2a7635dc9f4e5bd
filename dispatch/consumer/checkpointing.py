"""The thread that copies SQLite's log into the database file, so that nobody who commits has to."""

import logging
import threading

from django.db import DatabaseError, InterfaceError, connection

LOOK_SECONDS = 0.25

logger = logging.getLogger(__name__)


class Checkpointer(threading.Thread):
    """Left to itself, SQLite makes whoever commits next copy it, for some ten milliseconds: a publish, or a claim."""

    def __init__(self, is_stopping: threading.Event) -> None:
        super().__init__(name="checkpointer", daemon=True)
        self._is_stopping = is_stopping

    def run(self) -> None:
        while not self._is_stopping.wait(LOOK_SECONDS):
            self._copy()
        connection.close()

    def _copy(self) -> None:
        """PASSIVE: it waits for nobody, and nobody for it (https://sqlite.org/pragma.html#pragma_wal_checkpoint)."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except (DatabaseError, InterfaceError) as error:
            # Whoever commits does it then, as long as it is large.
            logger.debug("SQLite's log was not copied: %s", error)
            connection.close()
