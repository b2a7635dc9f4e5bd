"""The queue for those who run none: the delivery rows are its jobs, on SQLite and on Postgres."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from dispatch.ledger.claiming import Claim, claim_due, next_due
from dispatch.ledger.dialect import is_postgres
from dispatch.ledger.fanning_out import pending_fan_outs
from dispatch.queues.base import Depth, Failure, Job, QueueUnavailableError, Signal
from dispatch.queues.wakeups import PostgresWakeup, SQLiteWakeup, Woken, notify

#: How often the schedule is looked at though nothing announced a change, in seconds.
LOOK_EVERY_SECONDS = 0.25
#: How often, behind a backlog of deliveries, a wide event gets its turn.
FAN_OUT_EVERY_SECONDS = 1.0


class EmbeddedQueue:
    """Fetching claims rows for `owner`; what the ledger settles needs no word to the queue."""

    is_embedded = True

    def __init__(self, owner: UUID | None) -> None:
        self.owner = owner
        self._wakeup: PostgresWakeup | SQLiteWakeup | None = None
        self._fan_out_at = time.monotonic() + FAN_OUT_EVERY_SECONDS

    def push(self, jobs: Sequence[Job]) -> None:
        """Tells waiting consumers that rows have come; SQLite's consumers see it for themselves."""
        if jobs and is_postgres():
            with _named_errors():
                notify()

    def fetch(self, limit: int, wait_seconds: float) -> list[Job]:
        """Most changes are those of other consumers, who claim and record: they bring nothing, and end no wait."""
        deadline = time.monotonic() + wait_seconds
        try:
            with _named_errors():
                while not (jobs := self._due(limit)) and self._waits(deadline):
                    pass
        except QueueUnavailableError:
            self._forget_wakeup()
            raise
        if jobs and self._wakeup:
            self._wakeup.note_work()
        return jobs

    def ack(self, jobs: Sequence[Job]) -> None:
        """Nothing to do: the ledger holds the result."""

    def fail(self, failures: Sequence[Failure]) -> list[Job]:
        """Nothing to do: the ledger holds the time of the next try."""
        return []

    def beat(self) -> Signal:
        return Signal.NONE

    def depth(self) -> Depth:
        now = timezone.now()
        with _named_errors(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE due_at <= %s), count(*) FILTER (WHERE due_at > %s), min(due_at) "
                "FROM delivery WHERE state = 'pending'",
                [connection.ops.adapt_datetimefield_value(now)] * 2,
            )
            waiting, scheduled, _ = cursor.fetchone()
            oldest = next_due()
        age = (now - oldest).total_seconds() if waiting and oldest else 0.0
        return Depth(waiting or 0, scheduled or 0, max(age, 0.0))

    def wake(self) -> None:
        wakeup = self._wakeup
        if wakeup is not None:
            wakeup.interrupt()

    def close(self) -> None:
        self._forget_wakeup()
        connection.close()

    def _due(self, limit: int) -> list[Job]:
        assert self.owner is not None  # noqa: S101 - only consumers fetch
        claims = claim_due(self.owner, limit, timezone.now())
        jobs = [_job(claim) for claim in claims]
        if len(jobs) < limit or time.monotonic() >= self._fan_out_at:
            self._fan_out_at = time.monotonic() + FAN_OUT_EVERY_SECONDS
            jobs += [Job(id=event_id.hex, fan_out=event_id) for event_id in pending_fan_outs(limit=1)]
        return jobs

    def _waits(self, deadline: float) -> bool:
        """Waits until something may be due; False if the time is over, or `wake` was called."""
        remaining = deadline - time.monotonic()
        return remaining > 0 and self._ready().wait(min(remaining, self._seconds_to_next())) is not Woken.BY_HAND

    def _seconds_to_next(self) -> float:
        due_at = next_due()
        until_due = (due_at - timezone.now()).total_seconds() if due_at else LOOK_EVERY_SECONDS
        return max(0.0, min(until_due, LOOK_EVERY_SECONDS))

    def _ready(self) -> PostgresWakeup | SQLiteWakeup:
        if self._wakeup is None:
            self._wakeup = PostgresWakeup() if is_postgres() else SQLiteWakeup()
        return self._wakeup

    def _forget_wakeup(self) -> None:
        if self._wakeup is not None:
            self._wakeup.close()
            self._wakeup = None


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        raise QueueUnavailableError(f"The database does not answer: {error}") from error


def _job(claim: Claim) -> Job:
    return Job(id=claim.delivery_id.hex, deliveries=(claim.delivery_id,), failures=claim.failures, claims=(claim,))
