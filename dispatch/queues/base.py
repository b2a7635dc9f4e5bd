"""The seam between the hub and whatever carries its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from dispatch.ledger.claiming import Claim


class QueueError(Exception):
    """The queue cannot do what was asked."""


class QueueUnavailableError(QueueError):
    """The queue does not answer now; later it may."""


class Signal(StrEnum):
    """What the queue wants of a consumer, told in the answer to a heartbeat."""

    NONE = ""
    QUIET = "quiet"  # fetch no more
    TERMINATE = "terminate"  # finish and go


class Job(NamedTuple):
    """The queue's message. It points at deliveries or at a pending fan-out, and holds nothing of their content.

    `failures` counts the tries that the queue knows to have failed. `legacy` holds the three arguments of the original
    (URL, filter, payload in base64), whose jobs are adopted. `is_kept` says that the queue keeps a job that fails for
    good: one of the original's may have asked it to forget it.
    """

    id: str
    deliveries: tuple[UUID, ...] = ()
    fan_out: UUID | None = None
    retry_limit: int = 25
    failures: int = 0
    at: datetime | None = None
    legacy: tuple[str, str, str] | None = None
    is_kept: bool = True
    #: Claims that the queue itself has made by fetching: where the ledger is the queue, to fetch is to claim.
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A fetched job whose delivery failed and is to be tried again."""

    job: Job
    error_kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Depth:
    """Jobs in the queue: due now, and scheduled or retried later. `oldest_waiting_seconds` is 0 with none due."""

    waiting: int
    scheduled: int
    oldest_waiting_seconds: float


class Queue(Protocol):
    """Carries jobs from the publish to the consumers. An instance belongs to one thread.

    Every method raises QueueUnavailableError if the queue does not answer in time.
    """

    #: Whether the rows of the ledger are the jobs, so that nothing has to be pushed.
    is_embedded: bool

    def push(self, jobs: Sequence[Job]) -> None:
        """Makes the jobs known to the consumers, at once or at their time."""

    def fetch(self, limit: int, wait_seconds: float) -> list[Job]:
        """Up to `limit` jobs; waits at most so long for a first one."""

    def ack(self, jobs: Sequence[Job]) -> None:
        """Ends the jobs."""

    def fail(self, failures: Sequence[Failure]) -> list[Job]:
        """Leaves the next try of each job to the queue's schedule, and a job without tries left to its dead set.

        Returns the jobs that the queue does not know (any more): they are to be pushed anew.
        """

    def beat(self) -> Signal:
        """Tells the queue that this consumer lives."""

    def depth(self) -> Depth: ...

    def wake(self) -> None:
        """Ends a `fetch` that another thread waits in. The only method that any thread may call."""

    def close(self) -> None: ...
