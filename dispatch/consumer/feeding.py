"""The thread that fetches jobs ahead, claims their deliveries, and makes them ready to send."""

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from dispatch import fan_out
from dispatch.consumer.adopting import adopt
from dispatch.consumer.backlog import BUSY_SECONDS, Allowance, Backlog, Taken
from dispatch.consumer.flow import Flow
from dispatch.consumer.gate import Gate
from dispatch.consumer.loading import claim, load
from dispatch.consumer.mending import Mender
from dispatch.consumer.patience import Patience
from dispatch.consumer.reading import Reader
from dispatch.consumer.work import Work
from dispatch.jobs import fan_out_job
from dispatch.ledger.claiming import Claim
from dispatch.ledger.fanning_out import pending_fan_outs
from dispatch.ledger.holding import hold_due
from dispatch.ledger.recovering import recover_own_claims, withheld_since
from dispatch.queues import open_queue
from dispatch.queues.base import Job, Queue, QueueUnavailableError

FETCH_LIMIT = 256
QUIET_SECONDS = 1.0
ROOM_WAIT_SECONDS = 0.05
#: How often a process that is given nothing looks whether there is something.
IDLE_LOOK_SECONDS = 1.0
#: With so many of one fetch to be held, more of their kind stand behind them in the queue.
MANY_HELD = 32

logger = logging.getLogger(__name__)


class Feeder(threading.Thread):
    """Keeps the flow full as long as there is work and room; `wake` tells the deliverer that works are ready."""

    def __init__(self, owner: UUID, flow: Flow, allowance: Allowance, wake: Callable[[], None]) -> None:
        super().__init__(name="feeder", daemon=True)
        self.owner = owner
        self.flow = flow
        self.queue: Queue = open_queue(owner)
        self.gate = Gate()
        self.backlog = Backlog(owner, flow, self.gate, allowance)
        self.reader = Reader(flow)
        self._wake = wake
        self._broker = Patience("The database" if self.queue.is_embedded else "The queue", flow.is_stopping)
        self._database = Patience("The database", flow.is_stopping)
        self._mender = Mender()
        self._fetched: list[Job] = []
        #: Claimed, but not yet loaded: the database went away in between.
        self._claimed: list[Claim] = []
        self._held = Taken()
        self._suspects: list[Work] = []
        self._idle_look_at = -math.inf

    def run(self) -> None:
        try:
            while not self.flow.is_stopping.is_set():
                self._feed_on()
            self.reader.hand_back()
        finally:
            self.flow.is_fed_up.set()
            self._wake()
            self.queue.close()
            connection.close()

    def stop(self) -> None:
        """Ends a wait for jobs. For other threads."""
        self.queue.wake()

    def _feed_on(self) -> None:
        try:
            self._take_fetched()
            self._feed()
        except Exception as fault:  # the border around damaged rows
            if not self._mender.mends(fault):
                raise
            self._give_back_claims()

    def _note_failed(self, error: Exception) -> None:
        """Waits for the database, unless it was only a text that nobody could read."""
        self.flow.is_unsure.set()
        if not self._mends_text(error):
            connection.close()
            self._database.failed(error)

    def _mends_text(self, error: Exception) -> bool:
        is_mended = self._mender.mends_text(error)
        if is_mended:
            self._give_back_claims()
        return is_mended

    def _give_back_claims(self) -> None:
        """What was claimed over a damaged row is taken anew."""
        self.flow.is_unsure.set()
        self._claimed, self._held = [], Taken()

    def _feed(self) -> None:
        if self.flow.is_quiet.is_set():
            self._read_on()
            self.flow.is_stopping.wait(QUIET_SECONDS)
            return
        room = self.flow.wait_for_room(ROOM_WAIT_SECONDS)
        if (self.flow.is_unsure.is_set() and not self._take([])) or not self._take_held(room):
            return
        room = self.flow.wait_for_room(0)
        if room <= 0:
            if self.flow.is_pressed:
                self.reader.hold()
            self._wake()  # so that the deliverer holds what waits for those that are slow
            return
        self._fetched = self._fetch(min(room, FETCH_LIMIT))
        self._take_fetched()

    def _take_fetched(self) -> None:
        while self._fetched and not self.flow.is_stopping.is_set():
            if self._take(self._fetched):
                self._fetched = []

    def _read_on(self) -> None:
        """Nothing new is fetched, but large events that were claimed before are still read and sent."""
        try:
            self._make_sure(())
            while self.reader.read() and not self.flow.is_stopping.is_set():
                self._wake()
        except (DatabaseError, InterfaceError) as error:
            self._note_failed(error)
        self._wake()

    def _fetch(self, limit: int) -> list[Job]:
        is_busy = self.reader.is_busy or bool(self._suspects)
        wait_seconds = BUSY_SECONDS if is_busy else self.backlog.wait_seconds
        try:
            jobs = self.queue.fetch(limit, wait_seconds)
        except QueueUnavailableError as error:
            if self.queue.is_embedded:
                self.flow.is_unsure.set()  # the answer to a claim may have been lost
            if not self._mends_text(error):
                self._broker.failed(error)
                close_old_connections()
            return []
        self._broker.worked()
        if not jobs:
            self._note_idle()
        return jobs

    def _note_idle(self) -> None:
        """No jobs is progress only where there is no work: a broker whose queue is paused, or that has lost its jobs,
        gives none either."""
        if time.monotonic() < self._idle_look_at:
            return
        self._idle_look_at = time.monotonic() + IDLE_LOOK_SECONDS
        try:
            if self.queue.is_embedded or not (withheld_since(timezone.now()) or pending_fan_outs(limit=1)):
                self.flow.note_progress()
        except (DatabaseError, InterfaceError) as error:
            self._note_failed(error)

    def _take_held(self, room: int) -> bool:
        """Takes up what was held, suspects, and large events not read yet; False if the database does not answer."""
        try:
            self.reader.read()
            self.backlog.look()
            if room > 0 and not self._held.claims:
                self._held = self.backlog.claim(room, timezone.now())
            if self._held.claims:
                self._put(load(self._held.claims, (), self.gate, self._held.probe_ids, from_line=True))
            self._held = Taken()
            self._take_suspects()
        except (DatabaseError, InterfaceError) as error:
            self._note_failed(error)
            return False
        return True

    def _take_suspects(self) -> None:
        """None beside others: should one be what kills the process, it takes no more with it than it must."""
        if any(not work.is_recorded for work in self._suspects):
            return
        self._suspects = []
        taken = self.backlog.claim_suspects(timezone.now())
        if taken.claims:
            self._suspects = load(taken.claims, (), self.gate, taken.probe_ids)
            self._put(self._suspects)

    def _take(self, fetched: Sequence[Job]) -> bool:
        """Claims and loads; False if the database does not answer, and the jobs are to be taken again."""
        try:
            self._make_sure(fetched)
            jobs = self._adopt(fetched)
            self._fetched = jobs  # those that were refused are told, and not to be told again
            self._claimed = self._claimed or claim(self.owner, jobs)
            works = load(self._claimed, jobs, self.gate) if self._claimed else []
            self._hold_more(works)
            unfinished = [job for job in jobs if job.fan_out and fan_out.advance(job.fan_out, self.queue)]
        except (DatabaseError, InterfaceError) as error:
            self._note_failed(error)
            return False
        self._database.worked()
        claims, self._claimed = self._claimed, []
        self._put(works)
        self._tell_queue(jobs, claims, unfinished)
        return True

    def _adopt(self, fetched: Sequence[Job]) -> list[Job]:
        jobs, refused = adopt(fetched)
        try:
            unknown = self.queue.fail(refused)
            self.queue.push(unknown)  # nobody else has them: the ledger refused them
        except QueueUnavailableError as error:
            self._broker.failed(error)
        return jobs

    def _make_sure(self, fetched: Sequence[Job]) -> None:
        """Gives back what is claimed in our name and not in hand. Should this fail, the caller remains unsure."""
        if self.flow.is_unsure.is_set():
            self.flow.is_unsure.clear()  # before it is looked at what is in hand: more may be let go meanwhile
            claims = (*self._claimed, *self._held.claims, *(claim for job in fetched for claim in job.claims))
            known = [*self.flow.in_hand(), *(claim.delivery_id for claim in claims)]
            recover_own_claims(self.owner, known)

    def _put(self, works: Sequence[Work]) -> None:
        self.flow.take(works)
        self.reader.keep([work for work in works if work.is_unread])
        self._wake()

    def _hold_more(self, works: Sequence[Work]) -> None:
        """Where many of a fetch are held, so is what stands behind them in the queue."""
        reasons = {
            work.subscriber.id: work.verdict.reason
            for work in works
            if work.verdict and work.may_be_held and work.verdict.reason in ("capped", "rate", "breaker", "throttled")
        }
        if sum(work.subscriber.id in reasons for work in works) >= MANY_HELD:
            hold_due(reasons, timezone.now())
        self.flow.held.extend(reasons)

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
