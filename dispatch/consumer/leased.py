"""A thread whose work one process at a time does, by a lease. Nothing waits for it, and its faults stop nothing."""

import logging
import threading
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from dispatch import leases
from dispatch.consumer.patience import Patience

logger = logging.getLogger(__name__)


class LeasedThread(threading.Thread):
    """Looks again and again whether it is this process's turn, and then works."""

    task: ClassVar[str]
    lease: ClassVar[timedelta]
    look_seconds: ClassVar[float]
    #: What the log says of a fault.
    fault: ClassVar[str]

    def __init__(self, owner: UUID, is_stopping: threading.Event) -> None:
        super().__init__(name=self.task, daemon=True)
        self.owner = owner
        self._is_stopping = is_stopping
        self._database = Patience("The database", is_stopping)

    def run(self) -> None:
        while not self._is_stopping.is_set():
            self._is_stopping.wait(self._look())
        self._leave()

    def work(self) -> float:
        """Does what is to be done now; returns the seconds until the next look. May raise anything."""
        raise NotImplementedError

    def take(self) -> bool:
        """Whether it is this process's turn."""
        return leases.acquire(self.task, self.owner, self.lease)

    def give_up(self) -> None:
        """Lets another process go on at once, where this one ends."""
        leases.give_up(self.task, self.owner)

    def _look(self) -> float:
        """Works if it is this process's turn; returns the seconds until the next look."""
        try:
            seconds = self.work() if self.take() else self.look_seconds
        except (DatabaseError, InterfaceError) as error:
            self._database.failed(error)
            return self.look_seconds
        except Exception:  # the border around its work: a fault of that must not stop the deliveries
            logger.exception(self.fault)
            return self.look_seconds
        finally:
            connection.close()
        self._database.worked()
        return seconds

    def _leave(self) -> None:
        try:
            self.give_up()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Another process takes over from the %s once its lease is over: %s", self.task, error)
        finally:
            connection.close()
