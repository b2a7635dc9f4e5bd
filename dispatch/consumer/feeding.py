"""The thread that fetches jobs ahead, claims their deliveries, and makes them ready to send."""

import logging
import threading
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from dispatch import fan_out, legacy
from dispatch.consumer.flow import Flow
from dispatch.consumer.loading import claim, load
from dispatch.consumer.patience import Patience
from dispatch.jobs import fan_out_job
from dispatch.ledger.claiming import Claim
from dispatch.ledger.recovering import recover_own_claims
from dispatch.queues import open_queue
from dispatch.queues.base import Job, Queue, QueueUnavailableError

FETCH_LIMIT = 128
FETCH_WAIT_SECONDS = 1.0
ROOM_WAIT_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Feeder(threading.Thread):
    """Keeps the flow full as long as there is work and room; `wake` tells the deliverer that works are ready."""

    def __init__(self, owner: UUID, flow: Flow, wake: Callable[[], None]) -> None:
        super().__init__(name="feeder", daemon=True)
        self.owner = owner
        self.flow = flow
        self.queue: Queue = open_queue(owner)
        self._wake = wake
        self._broker = Patience("The database" if self.queue.is_embedded else "The queue", flow.is_stopping)
        self._database = Patience("The database", flow.is_stopping)
        #: Claimed, but not yet loaded: the database went away in between.
        self._claimed: list[Claim] = []
        #: The answer to a claim may have been lost: rows may be ours without our knowing.
        self._is_unsure = False

    def run(self) -> None:
        try:
            while not self.flow.is_stopping.is_set():
                self._feed()
        finally:
            self.flow.is_fed_up.set()
            self._wake()
            self.queue.close()
            connection.close()

    def stop(self) -> None:
        """Ends a wait for jobs. For other threads."""
        self.queue.wake()

    def _feed(self) -> None:
        if self.flow.is_quiet.is_set():
            self.flow.is_stopping.wait(FETCH_WAIT_SECONDS)
            return
        room = self.flow.wait_for_room(ROOM_WAIT_SECONDS)
        if room <= 0 or (self._is_unsure and not self._take([])):
            return
        jobs = self._fetch(min(room, FETCH_LIMIT))
        while jobs and not self._take(jobs) and not self.flow.is_stopping.is_set():
            pass

    def _fetch(self, limit: int) -> list[Job]:
        try:
            jobs = self.queue.fetch(limit, FETCH_WAIT_SECONDS)
        except QueueUnavailableError as error:
            self._is_unsure = self.queue.is_embedded
            self._broker.failed(error)
            close_old_connections()
            return []
        self._broker.worked()
        if not jobs:
            self.flow.note_progress()
        return jobs

    def _take(self, fetched: Sequence[Job]) -> bool:
        """Claims and loads; False if the database does not answer, and the jobs are to be taken again."""
        try:
            self._make_sure()
            jobs = [legacy.adopt(job) if job.legacy else job for job in fetched]
            self._claimed = self._claimed or claim(self.owner, jobs)
            works = load(self._claimed, jobs) if self._claimed else []
            unfinished = [job for job in jobs if job.fan_out and fan_out.advance(job.fan_out, self.queue)]
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            self._is_unsure = True
            self._database.failed(error)
            return False
        self._database.worked()
        claims, self._claimed = self._claimed, []
        self.flow.take(works)
        self._wake()
        self._tell_queue(jobs, claims, unfinished)
        return True

    def _make_sure(self) -> None:
        if self._is_unsure:
            known = [*self.flow.in_hand(), *(claim.delivery_id for claim in self._claimed)]
            recover_own_claims(self.owner, known)
            self._is_unsure = False

    def _tell_queue(self, jobs: Sequence[Job], claims: Sequence[Claim], unfinished: Sequence[Job]) -> None:
        """Ends chunks, whose deliveries are claimed now, fan-outs, and jobs whose delivery is not to be sent."""
        claimed = {claim.delivery_id for claim in claims}
        try:
            self.queue.ack([job for job in jobs if not job.claims and not _is_in_hand(job, claimed)])
            if not self.queue.is_embedded:
                self.queue.push([fan_out_job(job.fan_out) for job in unfinished if job.fan_out])
        except QueueUnavailableError as error:
            self._broker.failed(error)


def _is_in_hand(job: Job, claimed: set[UUID]) -> bool:
    """Whether the job points at one delivery that was claimed: it ends with that delivery's outcome."""
    return len(job.deliveries) == 1 and job.deliveries[0] in claimed
