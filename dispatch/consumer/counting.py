"""The thread that counts the ledger, if no other process does: slowly, behind everything else."""

import threading
from datetime import timedelta
from uuid import UUID

from dispatch.consumer.leased import LeasedThread
from dispatch.counting import CHUNK, Folder

LOOK_SECONDS = 5.0
COUNTER = "counter"
LEASE = timedelta(seconds=20)


class CountingThread(LeasedThread):
    task = COUNTER
    lease = LEASE
    look_seconds = LOOK_SECONDS
    fault = "The ledger could not be counted."

    def __init__(self, owner: UUID, is_stopping: threading.Event) -> None:
        super().__init__(owner, is_stopping)
        self._folder = Folder()

    def work(self) -> float:
        return 0.0 if self._folder.fold() >= CHUNK else self.look_seconds
