"""A consumer as the queues see one, without HTTP: it fetches, claims, and tells what came of it."""

import json
import time
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from dispatch.consumer.work import Work
from dispatch.identifiers import new_id
from dispatch.ledger.settling import settle
from dispatch.models import Delivery
from dispatch.outcomes import Outcome
from dispatch.queues import open_queue
from dispatch.queues.base import Failure, Job, Queue
from dispatch.queues.faktory.connection import FaktoryConnection
from dispatch.queues.faktory.queue import PIPELINED
from tests.dispatch.ledger.rows import done, job_for, take

#: Long enough for a job that is there, on a busy machine too; one that is not there costs so long.
WAIT_SECONDS = 0.4


class QueueConsumer:
    def __init__(self) -> None:
        self.owner = new_id()
        self.queue: Queue = open_queue(self.owner)
        self.fetched: list[Job] = []

    def take(self, limit: int = 10, wait_seconds: float = WAIT_SECONDS) -> list[Work]:
        """What it would send; jobs that come without a claim are acked, as the feeder does."""
        self.fetched = self.queue.fetch(limit, wait_seconds)
        works = take(self.owner, self.fetched)
        claimed = {work.claim.delivery_id for work in works}
        self.queue.ack([job for job in self.fetched if not claimed.intersection(job.deliveries)])
        return works

    def take_all(self, count: int, seconds: float = 10.0) -> list[Work]:
        """Takes until it has `count` works; fails if they do not come."""
        works: list[Work] = []
        deadline = time.monotonic() + seconds
        while len(works) < count and time.monotonic() < deadline:
            works += self.take(limit=100)
        assert len(works) == count
        return works

    def deliver(self, works: Iterable[Work]) -> None:
        self._settle(works, Outcome(status=200))
        self.queue.ack([work.job for work in works if work.job])

    def fail(self, works: Iterable[Work]) -> list[Job]:
        """Each answered 500; returns the jobs that the queue did not know."""
        self._settle(works, Outcome(status=500))
        return self.queue.fail([Failure(work.job, "500", "HTTP 500") for work in works if work.job])

    def _settle(self, works: Iterable[Work], outcome: Outcome) -> None:
        found = [done(work, outcome, is_embedded=self.queue.is_embedded) for work in works]
        assert settle(self.owner, [each.settlement for each in found]) == {work.claim.delivery_id for work in works}


class Queues:
    """Opens any number of consumers on the queue that the settings name."""

    def __init__(self) -> None:
        self.pusher: Queue = open_queue()
        self.connection = FaktoryConnection(settings.FAKTORY_URL)
        self._consumers: list[QueueConsumer] = []

    def consumer(self) -> QueueConsumer:
        self._consumers.append(QueueConsumer())
        return self._consumers[-1]

    def push(self, deliveries: Iterable[Delivery]) -> None:
        self.pusher.push([job_for(delivery) for delivery in deliveries])

    def bring_forward(self, delivery_id: UUID) -> None:
        """Makes a retry due now: in the ledger, and where the broker has its own schedule, in the broker's."""
        Delivery.objects.filter(pk=delivery_id).update(due_at=timezone.now())
        if not self.pusher.is_embedded:
            wish = {"cmd": "requeue", "target": "retries", "filter": {"jids": [str(delivery_id)]}}
            # Faktory wants a command without further blanks.
            assert self.connection.ask(f"MUTATE {json.dumps(wish, separators=(',', ':'))}") == "OK"

    def close(self) -> None:
        if not self.pusher.is_embedded:
            # Idle FETCHes are answered by these jobs at once; without them, closing waits two seconds for each.
            self.pusher.push([Job(id=str(new_id()), deliveries=(new_id(),)) for _ in range(PIPELINED)])
        for consumer in self._consumers:
            consumer.queue.close()
        self.pusher.close()
        self.connection.close()
