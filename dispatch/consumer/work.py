"""One claimed delivery on its way through a consumer process."""

from dataclasses import dataclass
from datetime import datetime

from dispatch.building import BuiltRequest
from dispatch.ledger.claiming import Claim
from dispatch.ledger.loading import LoadedSubscriber
from dispatch.outcomes import Outcome
from dispatch.queues.base import Job
from dispatch.transport import Timeouts
from dispatch.verdicts import Verdict


@dataclass(slots=True)
class Work:
    """`request` is None where nothing is to be sent: then `outcome` (none can be built) or `verdict` (the subscriber
    is paused or deleted) says why from the start.

    `job` is the queue's message if it points at this delivery alone; a chunk's message was acked when it was claimed.
    """

    claim: Claim
    job: Job | None
    subscriber: LoadedSubscriber
    request: BuiltRequest | None
    timeouts: Timeouts
    started_at: datetime | None = None
    outcome: Outcome | None = None
    verdict: Verdict | None = None

    @property
    def attempt_number(self) -> int:
        return self.claim.attempts + 1
