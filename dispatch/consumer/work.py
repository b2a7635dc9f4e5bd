"""One claimed delivery on its way through a consumer process."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dispatch.building import BuiltRequest
from dispatch.ledger.claiming import Claim
from dispatch.ledger.loading import LoadedSubscriber
from dispatch.outcomes import Outcome
from dispatch.queues.base import Job
from dispatch.tracing.context import Trace
from dispatch.transport import Timeouts
from dispatch.verdicts import Act, Verdict

#: What still waits so long after its claim is held, long before its lease ends: claims are for what is sent soon.
LATE_AFTER = timedelta(seconds=30)

if TYPE_CHECKING:
    from dispatch.tracing.exporting import Span


@dataclass(slots=True)
class Work:
    """`request` is None where nothing is to be sent: then `outcome` (none can be built) or `verdict` (the subscriber
    is paused or deleted, or the delivery held) says why. While it has none of the three, its large event is not read.

    `job` is the queue's message if it points at this delivery alone; a chunk's message was acked when it was claimed.
    A `probe` is to find out how a subscriber does that is left alone. `size` is that of a large payload, in bytes.
    """

    claim: Claim
    job: Job | None
    subscriber: LoadedSubscriber
    request: BuiltRequest | None
    timeouts: Timeouts
    started_at: datetime | None = None
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    is_probe: bool = False
    size: int = 0
    is_loaded: bool = False  # its large payload was read
    ticket: int = 0  # of the request in its subscriber's window
    is_recorded: bool = False
    topic: str = ""
    trace: Trace | None = None  # of its event
    span: "Span | None" = None  # of its attempt, where traces are on

    @property
    def attempt_number(self) -> int:
        return self.claim.attempts + 1

    @property
    def is_unread(self) -> bool:
        return self.request is None and self.outcome is None and self.verdict is None

    @property
    def may_be_held(self) -> bool:
        """A probe must come through, and a suspect is let through alone."""
        return not (self.is_probe or self.claim.is_suspect)

    def is_late(self, now: datetime) -> bool:
        """Whether it has waited for too long on one claim."""
        return now >= self.claim.claimed_at + LATE_AFTER

    def hold(self, reason: str) -> None:
        """Not to be sent now."""
        self.verdict = Verdict(Act.HOLD, reason=reason)
        self.request = None
