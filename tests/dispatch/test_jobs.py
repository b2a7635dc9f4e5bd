"""Which jobs tell the queue of an event's deliveries."""

import pytest

from dispatch.identifiers import new_id
from dispatch.jobs import CHUNK, first_jobs
from dispatch.queues.base import Job


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, []), (1, [1]), (CHUNK, [CHUNK]), (CHUNK + 1, [CHUNK, 1]), (250, [100, 100, 50])],
    ids=["none", "one", "a chunk", "one more", "many"],
)
def test_the_first_tries_of_a_wide_event_travel_in_chunks(count: int, sizes: list[int]) -> None:
    deliveries = [(new_id(), 7) for _ in range(count)]
    jobs = first_jobs(deliveries)
    assert [len(job.deliveries) for job in jobs] == sizes
    assert [delivery_id for job in jobs for delivery_id in job.deliveries] == [each for each, _ in deliveries]


def test_a_single_delivery_gives_its_job_its_id_and_its_retries() -> None:
    delivery_id = new_id()
    assert first_jobs([(delivery_id, 7)]) == [Job(id=str(delivery_id), deliveries=(delivery_id,), retry_limit=7)]
