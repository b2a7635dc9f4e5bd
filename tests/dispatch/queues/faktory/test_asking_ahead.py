"""FETCHes that are on their way while other jobs are worked on, and at the end: none swallows a job."""

import select
import time
from contextlib import closing
from uuid import UUID

from dispatch.identifiers import new_id
from dispatch.queues.base import Job
from dispatch.queues.faktory.queue import FaktoryQueue
from tests.dispatch.queues.faktory.jobs import a_job
from tests.servers.faktory import FaktoryServer

#: Long enough for a reply that is there.
WAIT_SECONDS = 1.0


def test_the_next_job_is_on_its_way_while_one_is_worked_on(queue: FaktoryQueue, server: FaktoryServer) -> None:
    first, second = a_job(), a_job()
    queue.push([first, second])
    assert [job.id for job in queue.fetch(10, WAIT_SECONDS)] == [first.id]
    assert select.select([queue._fetches.fileno()], [], [], WAIT_SECONDS)[0]
    assert queue.depth().waiting == 0
    assert [job.id for job in queue.fetch(10, 0)] == [second.id]


def test_a_job_that_was_on_its_way_at_the_end_is_given_back(server: FaktoryServer) -> None:
    first, second = a_job(), a_job()
    with closing(FaktoryQueue(new_id())) as ending:
        ending.push([first, second])
        [taken] = ending.fetch(10, WAIT_SECONDS)
        ending.ack([taken])
    with closing(FaktoryQueue(new_id())) as other:
        assert [job.id for job in other.fetch(10, WAIT_SECONDS)] == [second.id]


def test_no_job_is_asked_for_while_a_wide_event_is_written(queue: FaktoryQueue) -> None:
    queue.push([Job(id=str(event_id := new_id()), fan_out=event_id), a_job()])
    [wide] = queue.fetch(10, WAIT_SECONDS)
    assert wide.fan_out == event_id
    assert not select.select([queue._fetches.fileno()], [], [], 0.2)[0]
    assert queue.depth().waiting == 1


def test_a_job_that_came_while_the_consumer_had_no_room_is_read_however_late(queue: FaktoryQueue) -> None:
    assert queue.fetch(10, 0.05) == []  # the FETCH is on its way from here on
    job = a_job()
    queue.push([job])
    assert select.select([queue._fetches.fileno()], [], [], 10)[0]
    queue._heard_at -= 60
    assert queue.fetch(10, WAIT_SECONDS) == [job]


def test_a_close_reads_out_many_idle_fetches_and_swallows_no_job(queue: FaktoryQueue) -> None:
    """One of many FETCHes blocks, the others wait behind it: none of them may take a job that nobody reads."""
    leaving = FaktoryQueue(new_id())
    leaving._ask_for(20)  # as if others had taken what it asked for
    started = time.monotonic()
    leaving.close()
    assert time.monotonic() - started < 15, "it waited for each of them in turn"
    late = {job.id for job in (a_job() for _ in range(30))}
    queue.push([Job(id=job_id, deliveries=(UUID(job_id),)) for job_id in late])
    found: set[str] = set()
    deadline = time.monotonic() + 10
    while found != late and time.monotonic() < deadline:
        found |= {job.id for job in queue.fetch(100, WAIT_SECONDS)}
    assert found == late
