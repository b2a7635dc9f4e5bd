"""Hands jobs to the queue behind the publisher's back: after the commit, in bulk, without anyone waiting for it.

One thread a process owns the connection. What it cannot push (the queue is away, the process dies) is found by the
reconciler, which pushes every delivery that is in no queue.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from dispatch.ledger.queueing import mark_queued
from dispatch.queues import open_queue
from dispatch.queues.base import Job, Queue, QueueUnavailableError

#: Jobs that wait for the thread at most; beyond it the reconciler pushes them.
CAPACITY = 50_000
BULK = 1_000
#: Marking is done for many at once: most deliveries are settled before, and then need no mark.
MARK_EVERY_SECONDS = 1.0
PAUSE_WHEN_AWAY_SECONDS = 1.0  # at most; half of it at least

logger = logging.getLogger(__name__)


class Pusher(threading.Thread):
    """Pushes what it is given, in order and in bulk."""

    def __init__(self) -> None:
        super().__init__(name="pusher", daemon=True)
        self._waiting: deque[Job] = deque()
        self._arrived = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._unmarked: list[Job] = []
        self._marked_at = time.monotonic()
        self._is_away = False
        self._is_hurried = False
        self._is_full = False

    def give(self, jobs: Sequence[Job]) -> None:
        # Others may give at this moment, and go beyond the capacity by their last jobs, but by no more.
        room = max(0, CAPACITY - len(self._waiting))
        self._note_full(is_full=room < len(jobs))
        self._waiting.extend(jobs[:room])
        # In this order: the thread, which may have found nothing to do, sets it again only behind the next arrival.
        self._idle.clear()
        self._arrived.set()

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Waits until nothing is left to push or to mark; for commands that end at once, and tests."""
        self._is_hurried = True
        self._arrived.set()
        return self._idle.wait(timeout_seconds)

    def run(self) -> None:
        queue = open_queue()
        while True:
            self._arrived.wait(MARK_EVERY_SECONDS if self._unmarked else None)
            self._arrived.clear()
            self._push_all(queue)
            self._mark()
            if not self._waiting and not self._unmarked:
                connection.close()  # back to the pool: an idle thread keeps no session of the database
                self._idle.set()

    def _push_all(self, queue: Queue) -> None:
        while self._waiting:
            jobs = [self._waiting.popleft() for _ in range(min(BULK, len(self._waiting)))]
            try:
                queue.push(jobs)
            except (QueueUnavailableError, DatabaseError, InterfaceError) as error:
                self._note_away(error)
                return
            self._note_back()
            if not queue.is_embedded:
                self._unmarked += jobs
            self._mark()  # while publishes come without a pause as well: what waits for its mark is to stay little

    def _note_full(self, *, is_full: bool) -> None:
        if is_full and not self._is_full:
            logger.warning(
                "%d jobs wait for the queue; those beyond are pushed by the consumer's reconciler.", CAPACITY
            )
        self._is_full = is_full

    def _note_away(self, error: Exception) -> None:
        if not self._is_away:
            logger.warning("The queue does not take jobs; the deliveries wait in the database. %s", error)
        self._is_away = True
        self._waiting.clear()
        connection.close()  # on the embedded queue it may be the one that is broken
        time.sleep(random.uniform(PAUSE_WHEN_AWAY_SECONDS / 2, PAUSE_WHEN_AWAY_SECONDS))  # noqa: S311 - spreads load

    def _note_back(self) -> None:
        if self._is_away:
            logger.info("The queue takes jobs again.")
        self._is_away = False

    def _mark(self) -> None:
        is_early = time.monotonic() - self._marked_at < MARK_EVERY_SECONDS
        if not self._unmarked or (is_early and not self._is_hurried):
            return
        self._is_hurried = self._is_hurried and bool(self._waiting)
        jobs, self._unmarked = self._unmarked, []
        self._marked_at = time.monotonic()
        try:
            mark_queued(jobs_deliveries(jobs), [job.fan_out for job in jobs if job.fan_out])
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Could not note which deliveries are queued; they may be pushed twice. %s", error)
        finally:
            connection.close()


def jobs_deliveries(jobs: Sequence[Job]) -> list[UUID]:
    return [delivery_id for job in jobs for delivery_id in job.deliveries]


_lock = threading.Lock()
_pusher: Pusher | None = None


def pusher() -> Pusher:
    """The process's pusher, started when first needed (and anew in a forked process)."""
    global _pusher
    with _lock:
        if _pusher is None or not _pusher.is_alive():
            _pusher = Pusher()
            _pusher.start()
        return _pusher


def push(jobs: Sequence[Job]) -> None:
    """Gives the jobs to the queue soon. Never waits and never fails."""
    if jobs:
        pusher().give(jobs)


def wait_until_idle(timeout_seconds: float) -> bool:
    """Waits until everything was pushed; for commands, which end at once. True if it was."""
    return _pusher is None or _pusher.wait_until_idle(timeout_seconds)
