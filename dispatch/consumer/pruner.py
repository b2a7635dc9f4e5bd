"""The thread that prunes the ledger, if no other process does. Nothing waits for it, and its faults stop nothing."""

import logging
import threading
import time
from collections import Counter
from uuid import UUID

from django.utils import timezone

from dispatch.consumer.leased import LeasedThread
from dispatch.pruning import BATCH, LEASE, LONGEST_LEAVE, PRUNER, Turn, as_text, prune

#: From the end of a pass to the next one, whichever process does it.
EVERY = LONGEST_LEAVE
#: How often a process looks whether it is its turn.
LOOK_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Pruner(LeasedThread):
    task = PRUNER
    lease = LEASE
    look_seconds = LOOK_SECONDS
    fault = "The ledger could not be pruned."

    def __init__(self, owner: UUID, is_stopping: threading.Event) -> None:
        super().__init__(owner, is_stopping)
        self._turn = Turn(owner)

    def take(self) -> bool:
        return self._turn.take()

    def give_up(self) -> None:
        """Nothing: the lease that it leaves behind a whole pass says that there is nothing to do for a while."""

    def work(self) -> float:
        started, total = time.monotonic(), Counter[str]()
        for removed in prune(timezone.now(), BATCH, self._rest):
            total.update(removed)
        if +total:
            logger.info("Pruned in %.1f s: %s.", time.monotonic() - started, as_text(total))
        if self._is_stopping.is_set():
            self._turn.give_up()  # another process goes on
        else:
            self._turn.leave(EVERY)
        return EVERY.total_seconds()

    def _rest(self, seconds: float) -> bool:
        """Whether to stop: the process ends, or an operator prunes by hand."""
        return self._is_stopping.wait(seconds) or not self._turn.keep()
