"""Which jobs tell the queue of an event's deliveries."""

from collections.abc import Sequence
from uuid import UUID

from dispatch.identifiers import new_id
from dispatch.queues.base import Job

#: Deliveries that one job points at, where a wide event has many: one push and one fetch serve them all.
CHUNK = 100


def first_jobs(deliveries: Sequence[tuple[UUID, int]]) -> list[Job]:
    """Jobs for the first attempts of one event; `deliveries` are pairs of id and retry limit."""
    return [_job(deliveries[start : start + CHUNK]) for start in range(0, len(deliveries), CHUNK)]


def _job(deliveries: Sequence[tuple[UUID, int]]) -> Job:
    if len(deliveries) == 1:
        return single_job(*deliveries[0])
    return Job(id=str(new_id()), deliveries=tuple(delivery_id for delivery_id, _ in deliveries))


def single_job(delivery_id: UUID, retry_limit: int) -> Job:
    return Job(id=str(delivery_id), deliveries=(delivery_id,), retry_limit=retry_limit)


def fan_out_job(event_id: UUID) -> Job:
    return Job(id=str(event_id), fan_out=event_id)
