"""Jobs reach the queue behind the publisher's back, and a queue that is away costs it nothing."""

import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from django.db import DatabaseError

from dispatch import pushing
from dispatch.identifiers import new_id
from dispatch.jobs import fan_out_job
from dispatch.models import Delivery, Event
from dispatch.queues.base import Job, QueueUnavailableError
from dispatch.queues.embedded import EmbeddedQueue
from tests.dispatch.ledger.rows import job_for, make_delivery, make_event

pytestmark = pytest.mark.django_db(transaction=True)

WAIT_SECONDS = 10.0


class Recording(EmbeddedQueue):
    """Keeps what is pushed; raises while `error` is set. Like a broker, it is not the ledger."""

    is_embedded = False

    def __init__(self) -> None:
        super().__init__(None)
        self.pushed: list[Job] = []
        self.sizes: list[int] = []
        self.error: Exception | None = None

    def push(self, jobs: Sequence[Job]) -> None:
        if self.error:
            raise self.error
        self.sizes.append(len(jobs))
        self.pushed += jobs


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """What the process's pusher, a new one, pushes to."""
    recording = Recording()
    monkeypatch.setattr(pushing, "open_queue", lambda: recording)
    monkeypatch.setattr(pushing, "_pusher", None)
    monkeypatch.setattr(pushing, "MARK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(pushing, "PAUSE_WHEN_AWAY_SECONDS", 0.01)
    yield recording
    assert pushing.wait_until_idle(WAIT_SECONDS)
    wait_for(lambda: pushing._pusher is None or not pushing._pusher._unmarked)


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def some_jobs(count: int) -> list[Job]:
    return [Job(id=str(new_id()), deliveries=(new_id(),)) for _ in range(count)]


def test_jobs_are_pushed_in_their_order_and_in_bulk(queue: Recording) -> None:
    jobs = some_jobs(2_500)
    pushing.push(jobs)
    assert pushing.wait_until_idle(WAIT_SECONDS)
    assert queue.pushed == jobs
    assert max(queue.sizes) == pushing.BULK


def test_no_jobs_start_no_thread(queue: Recording) -> None:
    pushing.push([])
    assert pushing._pusher is None
    assert pushing.wait_until_idle(0)


def test_what_was_pushed_is_marked_as_queued(queue: Recording) -> None:
    delivery, other, event = make_delivery(), make_delivery(), make_event(fan_out="pending", matched=None)
    pushing.push([job_for(delivery), fan_out_job(event.pk)])
    wait_for(lambda: Delivery.objects.get(pk=delivery.pk).queued_at is not None)
    wait_for(lambda: Event.objects.get(pk=event.pk).fan_out_queued_at is not None)
    assert Delivery.objects.get(pk=other.pk).queued_at is None


@pytest.mark.parametrize(
    "error", [QueueUnavailableError("away"), DatabaseError("away")], ids=["the broker", "the database"]
)
def test_what_a_queue_that_is_away_did_not_take_is_left_to_the_reconciler(
    queue: Recording, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    queue.error = error
    lost, kept = make_delivery(), make_delivery()
    for _ in range(3):
        pushing.push([job_for(lost)])
        assert pushing.wait_until_idle(WAIT_SECONDS)
    assert caplog.text.count("does not take jobs") == 1
    queue.error = None
    pushing.push([job_for(kept)])
    wait_for(lambda: Delivery.objects.get(pk=kept.pk).queued_at is not None)
    assert queue.pushed == [job_for(kept)]
    assert Delivery.objects.get(pk=lost.pk).queued_at is None


def test_a_flood_beyond_the_capacity_is_left_to_the_reconciler(
    queue: Recording, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pushing, "CAPACITY", 10)
    jobs = some_jobs(15)
    pushing.push(jobs)
    assert pushing.wait_until_idle(WAIT_SECONDS)
    assert queue.pushed == jobs[:10]
    assert "10 jobs wait for the queue" in caplog.text


class Stopped(pushing.Pusher):
    """Takes jobs and pushes none, as while the queue hangs."""

    def run(self) -> None:
        """Ends at once."""


def test_what_waits_is_bounded_though_many_give_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pushing, "CAPACITY", 10)
    pusher = Stopped()
    pusher._waiting.extend(some_jobs(13))  # as two that gave at the same moment have left it
    for _ in range(5):
        pusher.give(some_jobs(8))
    assert len(pusher._waiting) == 13
    assert caplog.text.count("10 jobs wait for the queue") == 1, "a flood is told once"
    pusher._waiting.clear()
    pusher.give(some_jobs(8))
    pusher.give(some_jobs(8))
    assert len(pusher._waiting) == 10
    assert caplog.text.count("10 jobs wait for the queue") == 2


def test_what_is_pushed_is_marked_while_more_keeps_coming(queue: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "MARK_EVERY_SECONDS", 0.0)
    pusher = Stopped()
    unmarked: list[int] = []

    def push(jobs: Sequence[Job]) -> None:
        unmarked.append(len(pusher._unmarked))
        if len(unmarked) < 20:
            pusher._waiting.extend(some_jobs(pushing.BULK))

    monkeypatch.setattr(queue, "push", push)
    pusher._waiting.extend(some_jobs(pushing.BULK))
    pusher._push_all(queue)
    assert unmarked == [0] * 20


def test_a_pusher_that_died_is_started_anew(queue: Recording) -> None:
    class Dead(pushing.Pusher):
        def run(self) -> None:
            """Ends at once, as in a forked process, which has no threads."""

    pushing._pusher = Dead()
    pushing._pusher.start()
    pushing._pusher.join()
    jobs = some_jobs(1)
    pushing.push(jobs)
    assert pushing.wait_until_idle(WAIT_SECONDS)
    assert queue.pushed == jobs


def test_on_the_embedded_queue_nothing_needs_a_mark(monkeypatch: pytest.MonkeyPatch, queue: Recording) -> None:
    monkeypatch.setattr(Recording, "is_embedded", True)
    delivery = make_delivery()
    pushing.push([job_for(delivery)])
    assert pushing.wait_until_idle(WAIT_SECONDS)
    assert not pushing.pusher()._unmarked
