"""A queue that keeps what it is told, for those who look at what the feeder tells it."""

from collections.abc import Sequence

from dispatch.consumer.feeding import Feeder
from dispatch.identifiers import new_id
from dispatch.queues.base import Failure, Job
from dispatch.queues.embedded import EmbeddedQueue


class Broker(EmbeddedQueue):
    """Keeps what it is told; jobs come without a claim, as from a broker."""

    is_embedded = False

    def __init__(self) -> None:
        super().__init__(new_id())
        self.acked: list[Job] = []
        self.pushed: list[Job] = []
        self.failed: list[Failure] = []

    def ack(self, jobs: Sequence[Job]) -> None:
        self.acked += jobs

    def push(self, jobs: Sequence[Job]) -> None:
        self.pushed += jobs

    def fail(self, failures: Sequence[Failure]) -> list[Job]:
        self.failed += failures
        return []


def acked(feeder: Feeder) -> list[Job]:
    assert isinstance(feeder.queue, Broker)
    return feeder.queue.acked
