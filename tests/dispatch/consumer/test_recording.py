"""Outcomes reach the ledger first and the queue second, and no fault loses one."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone

from dispatch.consumer import recording
from dispatch.consumer.flow import Flow
from dispatch.consumer.patience import Patience
from dispatch.consumer.recording import Recorder
from dispatch.consumer.settlements import Settled
from dispatch.identifiers import new_id
from dispatch.ledger.settling import Also, Settlement
from dispatch.models import Attempt, Delivery
from dispatch.outcomes import Outcome
from dispatch.queues.base import Failure, Job, QueueUnavailableError
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.retries import earliest_retry
from tests.dispatch.ledger.rows import done, job_for, make_deliveries, make_delivery, make_subscriber, take

pytestmark = pytest.mark.django_db

OWNER = new_id()


class Broker(EmbeddedQueue):
    """Keeps what it is told; knows no job of `unknown`, and takes nothing while it is away."""

    is_embedded = False

    def __init__(self) -> None:
        super().__init__(OWNER)
        self.told: list[tuple[str, str]] = []
        self.pushed: list[Job] = []
        self.unknown: set[str] = set()
        self.is_away = False

    def fail(self, failures: Sequence[Failure]) -> list[Job]:
        if self.is_away:
            raise QueueUnavailableError("away")
        self.told += [("fail", failure.job.id) for failure in failures]
        return [failure.job for failure in failures if failure.job.id in self.unknown]

    def ack(self, jobs: Sequence[Job]) -> None:
        self.told += [("ack", job.id) for job in jobs]

    def push(self, jobs: Sequence[Job]) -> None:
        self.told += [("push", job.id) for job in jobs]
        self.pushed += jobs


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def recorder(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = Recorder(OWNER, Flow(100))
    made.queue = broker
    # The test's transaction would be lost with the connection, and its time with the waiting.
    monkeypatch.setattr(recording.connection, "close", lambda: None)
    monkeypatch.setattr(Patience, "failed", lambda self, error: None)
    return made


def sent(delivery: Delivery, status: int, retry_limit: int = 25, as_chunk: bool = False) -> Settled:
    """The delivery as taken from a job and answered with `status`."""
    job = job_for(delivery, retry_limit=retry_limit, failures=delivery.failures or 0)
    [work] = take(OWNER, [job])
    if as_chunk:
        work.job = None
    headers = (("Retry-After", "60"),) if status == 503 else ()
    return done(work, Outcome(status=status, headers=headers), is_embedded=False)


@pytest.mark.parametrize(
    ("status", "retry_limit", "as_chunk", "told", "state"),
    [
        pytest.param(200, 25, False, ["ack"], "delivered", id="delivered"),
        pytest.param(200, 25, True, [], "delivered", id="delivered, of a chunk"),
        pytest.param(500, 25, False, ["fail"], "pending", id="failed"),
        pytest.param(500, 25, True, ["push"], "pending", id="failed, of a chunk"),
        pytest.param(500, 0, False, ["fail"], "dead", id="exhausted"),
        pytest.param(500, 0, True, [], "dead", id="exhausted, of a chunk"),
        pytest.param(410, 25, False, ["ack"], "dead", id="gone"),
        pytest.param(503, 25, False, ["ack", "push"], "pending", id="asked to wait"),
    ],
)
def test_the_queue_is_told_what_became_of_its_job(
    recorder: Recorder, broker: Broker, status: int, retry_limit: int, as_chunk: bool, told: list[str], state: str
) -> None:
    delivery = make_delivery(make_subscriber(retry_limit=retry_limit))
    recorder._record([sent(delivery, status, retry_limit, as_chunk)])
    delivery.refresh_from_db()
    assert broker.told == [(act, str(delivery.pk)) for act in told]
    assert delivery.state == state


def test_a_failure_of_a_chunk_is_pushed_for_its_time_with_its_count(recorder: Recorder, broker: Broker) -> None:
    delivery = make_delivery(make_subscriber(retry_limit=7))
    before = timezone.now()
    recorder._record([sent(delivery, 500, as_chunk=True)])
    delivery.refresh_from_db()
    [job] = broker.pushed
    assert job == job_for(delivery, retry_limit=7, failures=1, at=delivery.due_at)
    assert delivery.due_at >= before + earliest_retry(1)


def test_a_failure_that_the_queue_does_not_know_is_pushed_anew(recorder: Recorder, broker: Broker) -> None:
    delivery = make_delivery()
    broker.unknown = {str(delivery.pk)}
    recorder._record([sent(delivery, 500)])
    assert [(job.id, job.failures) for job in broker.pushed] == [(str(delivery.pk), 1)]


def test_what_a_queue_that_is_away_was_not_told_is_left_to_the_reconciler(recorder: Recorder, broker: Broker) -> None:
    failed, delivered = make_delivery(), make_delivery()
    batch = [sent(failed, 500), sent(delivered, 200)]
    broker.is_away = True
    recorder._record(batch)
    failed.refresh_from_db()
    delivered.refresh_from_db()
    assert (failed.state, failed.queued_at) == ("pending", None)
    assert delivered.state == "delivered"


def test_a_claim_that_was_taken_over_is_not_told_to_the_queue(
    recorder: Recorder, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = make_delivery()
    outcome = sent(delivery, 200)
    Delivery.objects.filter(pk=delivery.pk).update(owner=new_id())
    recorder._record([outcome])
    assert (broker.told, recorder.delivered) == ([], 0)
    assert "1 claims were taken over" in caplog.text


def test_the_database_is_waited_for_even_in_the_middle_of_a_batch_it_refused(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First it refuses a row, then it goes away while the rows are written one by one, then it is back."""
    answers: list[Exception] = [DataError("a bad row"), OperationalError("the server is gone")]
    write = recording.settle

    def settle(owner: UUID, settlements: Sequence[Settlement], also: Also | None = None) -> set[UUID]:
        if answers:
            raise answers.pop(0)
        return write(owner, settlements, also)

    monkeypatch.setattr(recording, "settle", settle)
    monkeypatch.setattr("dispatch.ledger.settling.settle", settle)
    deliveries = make_deliveries(2)
    recorder._record([sent(delivery, 200) for delivery in deliveries])
    assert recorder.delivered == Attempt.objects.count() == 2


def test_gone_pauses_its_subscriber_and_no_other(recorder: Recorder) -> None:
    gone, other = make_delivery(), make_delivery()
    recorder._record([sent(gone, 410), sent(other, 200)])
    gone.subscriber.refresh_from_db()
    other.subscriber.refresh_from_db()
    assert (gone.subscriber.state, other.subscriber.state) == ("paused", "active")
    assert gone.subscriber.state_reason == "It answered 410 Gone."


def test_gone_of_a_claim_that_was_taken_over_pauses_nobody(recorder: Recorder) -> None:
    delivery = make_delivery()
    outcome = sent(delivery, 410)
    Delivery.objects.filter(pk=delivery.pk).update(owner=new_id())
    recorder._record([outcome])
    delivery.subscriber.refresh_from_db()
    assert delivery.subscriber.state == "active"


def test_gone_is_not_recorded_before_its_pause_can_be_written(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away between the two, and comes back."""
    delivery = make_delivery()
    outcome, pause = sent(delivery, 410), recording.pause_gone
    seen: list[str] = []

    def pause_gone(subscribers: set[int]) -> None:
        seen.append(Delivery.objects.get().state)
        if len(seen) == 1:
            raise OperationalError("the server is gone")
        pause(subscribers)

    monkeypatch.setattr(recording, "pause_gone", pause_gone)
    monkeypatch.setattr(Patience, "failed", lambda self, error: seen.append(Delivery.objects.get().state))
    recorder._record([outcome])
    delivery.refresh_from_db()
    delivery.subscriber.refresh_from_db()
    assert seen == ["dead", "claimed", "dead"]
    assert (delivery.state, delivery.subscriber.state) == ("dead", "paused")


def test_gone_pauses_even_if_another_row_of_its_batch_is_refused(recorder: Recorder) -> None:
    gone, bad = make_delivery(), make_delivery()
    refused = sent(bad, 200)
    settlement = refused.settlement._replace(state="unheard of")
    recorder._record([sent(gone, 410), refused._replace(settlement=settlement)])
    gone.subscriber.refresh_from_db()
    assert gone.subscriber.state == "paused"
