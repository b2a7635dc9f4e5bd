"""The thread that counts the ledger, if no other process does: slowly, behind everything else."""

import logging
import threading
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from dispatch import leases
from dispatch.consumer.patience import Patience
from dispatch.counting import CHUNK, Folder

LOOK_SECONDS = 5.0
COUNTER = "counter"
LEASE = timedelta(seconds=20)

logger = logging.getLogger(__name__)


class CountingThread(threading.Thread):
    def __init__(self, owner: UUID, is_stopping: threading.Event) -> None:
        super().__init__(name="counting", daemon=True)
        self.owner = owner
        self._is_stopping = is_stopping
        self._folder = Folder()
        self._database = Patience("The database", is_stopping)

    def run(self) -> None:
        while not self._is_stopping.is_set():
            self._is_stopping.wait(self._look())
        self._leave()

    def _look(self) -> float:
        """Counts if it is this process's turn; returns the seconds until the next look."""
        try:
            counted = self._folder.fold() if leases.acquire(COUNTER, self.owner, LEASE) else 0
        except (DatabaseError, InterfaceError) as error:
            self._database.failed(error)
            return LOOK_SECONDS
        except Exception:  # the border around counting: its fault must not stop the deliveries
            logger.exception("The ledger could not be counted.")
            return LOOK_SECONDS
        finally:
            connection.close()
        self._database.worked()
        return 0.0 if counted >= CHUNK else LOOK_SECONDS

    def _leave(self) -> None:
        try:
            leases.give_up(COUNTER, self.owner)
        except DatabaseError as error:
            logger.debug("The count is taken over once its lease is over. %s", error)
        finally:
            connection.close()
