"""Work that is due and in no queue, or whose owner died, is set going again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from dispatch.identifiers import new_id
from dispatch.ledger.dialect import is_postgres
from dispatch.models import Consumer, Delivery, Event
from dispatch.queues import open_queue
from dispatch.queues.base import Depth, Job, Queue, QueueUnavailableError
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.queues.faktory.queue import FaktoryQueue
from dispatch.reconciliation import Findings, reconcile
from tests.dispatch.ledger.rows import job_for, make_deliveries, make_delivery, make_event, make_subscriber
from tests.dispatch.queues.conftest import use_faktory
from tests.dispatch.reconciling import reconcile_embedded
from tests.servers.processes import free_port

pytestmark = pytest.mark.django_db

OLD = {"created_at": timedelta(minutes=-1)}
PUSHED_AGO = {"received_at": timedelta(minutes=-2), "fan_out_queued_at": timedelta(seconds=-30)}


@pytest.fixture
def broker(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Queue]:
    use_faktory(request, settings)
    with closing(open_queue(new_id())) as queue:
        yield queue


def fetched(queue: Queue) -> list[Job]:
    return queue.fetch(10, wait_seconds=1)


@pytest.mark.faktory
def test_what_was_never_queued_is_pushed_and_marked_once(broker: Queue) -> None:
    delivery = make_delivery(make_subscriber(retry_limit=7), **OLD)
    make_delivery(delivery.subscriber)  # so young that its publisher may be about to push it
    assert reconcile(broker) == Findings(pushed=1)
    assert fetched(broker) == [job_for(delivery, retry_limit=7)]
    assert reconcile(broker) == Findings()


@pytest.mark.faktory
@pytest.mark.skipif(not is_postgres(), reason="on SQLite a mark waits for whoever writes")
@pytest.mark.django_db(transaction=True)
def test_a_pass_pushes_once_what_somebody_has_locked(broker: Queue) -> None:
    delivery = make_delivery(**OLD)

    def reconcile_beside() -> Findings:
        try:
            return reconcile(broker)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Delivery.objects.select_for_update().get(pk=delivery.pk)
        found = pool.submit(reconcile_beside).result()

    assert found.pushed == 0
    assert broker.depth().waiting == 1


@pytest.mark.faktory
def test_a_retry_that_was_never_queued_is_pushed_for_its_time_with_its_count(broker: Queue) -> None:
    before = broker.depth().scheduled
    make_delivery(failures=3, due_at=timedelta(hours=1), **OLD)
    assert reconcile(broker) == Findings(pushed=1)
    assert broker.depth().waiting == 0
    assert broker.depth().scheduled == before + 1
    overdue = make_delivery(failures=3, **OLD)
    assert reconcile(broker) == Findings(pushed=1)
    assert fetched(broker) == [job_for(overdue, failures=3)]


@pytest.mark.faktory
def test_a_first_try_older_than_all_that_the_broker_has_is_pushed_again(broker: Queue) -> None:
    delivery = make_delivery(queued_at=timedelta(minutes=-2), due_at=timedelta(minutes=-2), **OLD)
    assert reconcile(broker) == Findings(pushed=1, forgotten_by_broker=1)
    assert fetched(broker) == [job_for(delivery)]


def test_a_first_try_is_not_pushed_again_while_the_broker_has_older_jobs(settings: Settings) -> None:
    class Backlogged(FaktoryQueue):
        def depth(self) -> Depth:
            return Depth(waiting=1_000, scheduled=0, oldest_waiting_seconds=300)

        def push(self, jobs: object) -> None:
            assert not jobs

    make_delivery(queued_at=timedelta(minutes=-2), due_at=timedelta(minutes=-2), **OLD)
    with closing(Backlogged(None)) as queue:
        assert reconcile(queue) == Findings()


@pytest.mark.faktory
def test_a_claim_lost_by_death_is_pushed_in_the_same_pass(broker: Queue) -> None:
    delivery = make_delivery(state="claimed", lease_until=timedelta(seconds=-1), queued_at=timedelta(), **OLD)
    assert reconcile(broker) == Findings(pushed=1, recovered=1)
    assert fetched(broker) == [job_for(delivery)]


@pytest.mark.faktory
def test_a_pending_fan_out_that_nobody_works_on_is_pushed(broker: Queue) -> None:
    event = make_event(fan_out="pending", matched=None, received_at=timedelta(minutes=-1))
    make_event(fan_out="pending", matched=None)
    assert reconcile(broker) == Findings(fan_outs=1)
    assert [job.fan_out for job in fetched(broker)] == [event.pk]
    assert Event.objects.get(pk=event.pk).fan_out_queued_at is not None
    assert reconcile(broker) == Findings()


def test_a_broker_that_is_away_leaves_the_work_to_the_next_pass(settings: Settings) -> None:
    settings.FAKTORY_URL = f"tcp://127.0.0.1:{free_port()}"
    delivery = make_delivery(**OLD)
    with closing(open_queue(new_id())) as queue, pytest.raises(QueueUnavailableError):
        reconcile(queue)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.queued_at) == ("pending", None)


@pytest.mark.parametrize(
    ("beat", "is_living"),
    [(timedelta(), True), (timedelta(seconds=-20), True), (timedelta(seconds=-40), False)],
    ids=["just now", "a little late", "stale"],
)
def test_a_claim_lives_as_long_as_its_owners_heart_beats(beat: timedelta, is_living: bool) -> None:
    owner = make_consumer(beat)
    delivery = make_delivery(state="claimed", owner=owner.pk, lease_until=timedelta(seconds=-1))
    assert reconcile_embedded() == Findings(recovered=int(not is_living))
    delivery.refresh_from_db()
    assert delivery.state == ("claimed" if is_living else "pending")


def test_a_claim_lost_too_often_is_counted_as_lost() -> None:
    delivery = make_delivery(state="claimed", lease_until=timedelta(seconds=-1), lost_claims=4)
    assert reconcile_embedded() == Findings(lost=1)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("dead", "lost")


def test_consumers_that_are_long_gone_are_forgotten() -> None:
    make_consumer(timedelta(hours=-2))
    recent = make_consumer(timedelta(minutes=-10))
    reconcile_embedded()
    assert list(Consumer.objects.all()) == [recent]


def test_on_the_embedded_queue_nothing_is_pushed() -> None:
    delivery = make_delivery(**OLD)
    assert reconcile_embedded() == Findings()
    delivery.refresh_from_db()
    assert delivery.queued_at is None


@pytest.mark.faktory
def test_thousands_that_a_dead_consumer_had_are_recovered_and_pushed_in_one_pass(
    broker: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.ledger.recovering.CHUNK", 100)
    past = timezone.now() - timedelta(minutes=1)
    make_deliveries(450, state="claimed", owner=new_id(), lease_until=past, created_at=past)
    assert reconcile(broker) == Findings(pushed=450, recovered=450)
    assert broker.depth().waiting == 450


@pytest.mark.faktory
def test_a_fan_out_behind_older_jobs_is_left_in_its_turn(broker: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaktoryQueue, "depth", lambda self: Depth(1_000, 0, oldest_waiting_seconds=60))
    make_event(fan_out="pending", matched=None, **PUSHED_AGO)
    assert reconcile(broker) == Findings()
    monkeypatch.setattr(FaktoryQueue, "depth", lambda self: Depth(0, 0, oldest_waiting_seconds=0))
    assert reconcile(broker) == Findings(fan_outs=1)


@pytest.mark.parametrize(
    ("findings", "text"),
    [(Findings(), "nothing"), (Findings(pushed=2, lost=1), "pushed 2, lost 1")],
    ids=["nothing", "some"],
)
def test_findings_tell_only_what_there_was(findings: Findings, text: str) -> None:
    assert str(findings) == text


def make_consumer(beat: timedelta) -> Consumer:
    return Consumer.objects.create(
        host="here", process_id=1, queue="embedded", concurrency=8, beat_at=timezone.now() + beat
    )


def test_what_a_consumer_with_a_beat_from_the_future_claimed_is_recovered_once_its_lease_is_over() -> None:
    moment = timezone.now() + timedelta(days=2)
    given = {"host": "here", "process_id": 1, "queue": "embedded", "concurrency": 8}
    ahead = Consumer.objects.create(beat_at=moment, progressed_at=moment, **given)
    delivery = make_delivery(state="claimed", owner=ahead.pk, lease_until=timedelta(seconds=-1))
    reconcile(EmbeddedQueue(None))
    delivery.refresh_from_db()
    assert delivery.state == "pending"
