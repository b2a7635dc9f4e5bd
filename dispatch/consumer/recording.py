"""The thread that records outcomes in the ledger, and then tells the queue: in that order no crash loses one."""

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connection
from django.utils import timezone

from dispatch.about import about
from dispatch.consumer import attempt_spans
from dispatch.consumer.flow import Flow
from dispatch.consumer.patience import Patience
from dispatch.consumer.settlements import FINAL, Settled, settled, to_pause
from dispatch.consumer.watching import Watch
from dispatch.failing import pause_gone
from dispatch.ledger.queueing import mark_unqueued
from dispatch.ledger.settling import settle, settle_one_by_one
from dispatch.queues import open_queue
from dispatch.queues.base import Failure, Job, Queue, QueueUnavailableError
from dispatch.tallies import tally
from dispatch.verdicts import Act

BATCH = 512
WAIT_SECONDS = 0.2

logger = logging.getLogger(__name__)


class Recorder(threading.Thread):
    """Writes what came of the works, many at once, and makes room for new ones."""

    def __init__(self, owner: UUID, flow: Flow) -> None:
        super().__init__(name="recorder", daemon=True)
        self.owner = owner
        self.flow = flow
        self.delivered = 0
        self.watch = Watch(flow)
        self.queue: Queue = open_queue(owner)
        # Recording goes on while the process stops: its waits are not cut short, the process's end bounds them.
        self._database = Patience("The database", threading.Event())
        self._broker = Patience("The queue", flow.is_stopping)

    def run(self) -> None:
        try:
            while not (self.flow.is_delivered.is_set() and self.flow.taken == 0):
                works = self.flow.wait_for_done(BATCH, WAIT_SECONDS)
                if works:
                    now = timezone.now()
                    self._record([settled(work, now, is_embedded=self.queue.is_embedded) for work in works])
                    self.flow.release(works)
        finally:
            self.queue.close()
            connection.close()

    def _record(self, batch: Sequence[Settled]) -> None:
        ours = self._settle(batch)
        attempt_spans.end(batch)
        _tell(batch)
        recorded = [done for done in batch if done.settlement.delivery_id in ours]
        if len(recorded) < len(batch):
            logger.warning("%d claims were taken over before their outcome was recorded.", len(batch) - len(recorded))
        self.delivered += sum(done.verdict.act is Act.DELIVERED for done in recorded)
        for state, count in Counter(done.settlement.state for done in recorded if done.verdict.act in FINAL).items():
            tally("settled", state, count)
        self.watch.note(recorded)
        self._tell_queue(recorded)

    def _settle(self, batch: Sequence[Settled]) -> set[UUID]:
        while True:
            try:
                ours = self._write(batch)
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                self._database.failed(error)
                continue
            self._database.worked()
            return ours

    def _write(self, batch: Sequence[Settled]) -> set[UUID]:
        """The outcomes, and with them the pauses that they ask for: no crash leaves the one without the other."""
        settlements = [done.settlement for done in batch]

        def pause(ours: set[UUID]) -> None:
            pause_gone(to_pause(batch, ours))

        also = pause if any(done.verdict.pauses for done in batch) else None
        try:
            return settle(self.owner, settlements, also)
        except (DataError, IntegrityError, ValueError):
            ours, refused = settle_one_by_one(self.owner, settlements, also)
        for delivery_id, reason in refused.items():
            text = "The outcome of delivery %s cannot be recorded: %s"
            logger.error(text, delivery_id, reason, extra=about(delivery_id=delivery_id))
        return ours

    def _tell_queue(self, batch: Sequence[Settled]) -> None:
        if self.queue.is_embedded:
            return
        pushed = [_job_again(done) for done in batch if _is_pushed_again(done)]
        failed = {done.work.job.id: done for done in batch if done.work.job and _is_failed(done)}
        try:
            unknown = self.queue.fail([_failure(done) for done in failed.values()])
            pushed += [_job_again(failed[job.id]) for job in unknown if failed[job.id].verdict.act is Act.RETRY]
            self.queue.ack([done.work.job for done in batch if done.work.job and not _is_failed(done)])
            # Behind the ack: it would end a job of the same id that another consumer has fetched meanwhile.
            self.queue.push(pushed)
        except QueueUnavailableError as error:
            # Jobs that come again are acked then, as their deliveries are settled or not yet due.
            self._broker.failed(error)
            self._forget_queued(batch)
        else:
            self._broker.worked()

    def _forget_queued(self, batch: Sequence[Settled]) -> None:
        """Lets the reconciler push what may be in no queue."""
        waiting = [done.settlement.delivery_id for done in batch if done.settlement.state == "pending"]
        try:
            mark_unqueued(waiting)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Could not note that %d deliveries are in no queue: %s", len(waiting), error)


def _tell(batch: Sequence[Settled]) -> None:
    if not logger.isEnabledFor(logging.DEBUG):
        return
    for done in batch:
        work = done.work
        known = about(
            event_id=work.claim.event_id,
            delivery_id=work.claim.delivery_id,
            subscriber_id=work.subscriber.id,
            topic=work.topic or None,
            trace_id=work.trace.trace_id if work.trace else None,
        )
        result = work.outcome and (work.outcome.status or work.outcome.error_kind)
        state = done.settlement.state
        logger.debug("Delivery %s: %s, so it is %s.", work.claim.delivery_id, result, state, extra=known)


def _is_failed(done: Settled) -> bool:
    """Whether the queue is told of a failure: it schedules the retry, or keeps the job among its dead."""
    is_exhausted = done.verdict.act is Act.DEAD and done.verdict.reason == "exhausted"
    return done.queue_retries or (is_exhausted and done.work.job is not None)


def _is_pushed_again(done: Settled) -> bool:
    comes_again = done.verdict.act in (Act.RETRY, Act.DEFER, Act.HAND_BACK)
    return comes_again and not done.queue_retries


def _job_again(done: Settled) -> Job:
    settlement = done.settlement
    return Job(
        id=str(settlement.delivery_id),
        deliveries=(settlement.delivery_id,),
        retry_limit=done.work.subscriber.retry_limit,
        failures=settlement.failures,
        at=settlement.due_at if done.verdict.act is not Act.HAND_BACK else None,
    )


def _failure(done: Settled) -> Failure:
    assert done.work.job is not None  # noqa: S101 - `_is_failed` says so
    outcome = done.work.outcome
    kind = str(outcome.error_kind or outcome.status) if outcome else ""
    return Failure(done.work.job, kind, done.settlement.last_error or "")
