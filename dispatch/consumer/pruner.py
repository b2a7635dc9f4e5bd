"""The thread that prunes the ledger, if no other process does. Nothing waits for it, and its faults stop nothing."""

import logging
import threading
import time
from collections import Counter
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from dispatch.consumer.patience import Patience
from dispatch.pruning import BATCH, LONGEST_LEAVE, Turn, as_text, prune

#: From the end of a pass to the next one, whichever process does it.
EVERY = LONGEST_LEAVE
#: How often a process looks whether it is its turn.
LOOK_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Pruner(threading.Thread):
    def __init__(self, owner: UUID, is_stopping: threading.Event) -> None:
        super().__init__(name="pruner", daemon=True)
        self._turn = Turn(owner)
        self._is_stopping = is_stopping
        self._database = Patience("The database", is_stopping)

    def run(self) -> None:
        while not self._is_stopping.is_set():
            seconds = self._look()
            connection.close()
            self._is_stopping.wait(seconds)

    def _look(self) -> float:
        """Prunes if it is this process's turn; returns the seconds until the next look."""
        try:
            is_ours = self._turn.take()
            if is_ours:
                self._prune()
        except (DatabaseError, InterfaceError) as error:
            self._database.failed(error)
            return LOOK_SECONDS
        except Exception:  # the border around pruning: its fault must not stop the deliveries
            logger.exception("The ledger could not be pruned.")
            return LOOK_SECONDS
        self._database.worked()
        return EVERY.total_seconds() if is_ours else LOOK_SECONDS

    def _prune(self) -> None:
        started, total = time.monotonic(), Counter[str]()
        for removed in prune(timezone.now(), BATCH, self._rest):
            total.update(removed)
        if +total:
            logger.info("Pruned in %.1f s: %s.", time.monotonic() - started, as_text(total))
        if self._is_stopping.is_set():
            self._turn.give_up()  # another process goes on
        else:
            self._turn.leave(EVERY)

    def _rest(self, seconds: float) -> bool:
        """Whether to stop: the process ends, or an operator prunes by hand."""
        return self._is_stopping.wait(seconds) or not self._turn.keep()
