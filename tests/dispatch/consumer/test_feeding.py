"""What is fetched becomes work, once, though the database goes away in between."""

import base64
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from dispatch.consumer import feeding
from dispatch.consumer.feeding import Feeder
from dispatch.consumer.loading import claim
from dispatch.consumer.settlements import settled
from dispatch.identifiers import new_id
from dispatch.jobs import fan_out_job
from dispatch.ledger.claiming import Claim
from dispatch.ledger.recovering import unqueued_deliveries
from dispatch.models import Delivery
from dispatch.queues.base import Job
from dispatch.queues.faktory.queue import FaktoryQueue
from dispatch.reconciliation import PUSH_GRACE
from tests.dispatch.consumer.broker import Broker, acked
from tests.dispatch.ledger.rows import job_for, make_deliveries, make_delivery, make_event, make_subscriber
from tests.dispatch.queues.conftest import use_faktory

pytestmark = pytest.mark.django_db


def test_a_claimed_delivery_is_ready_and_its_job_waits_for_the_outcome(feeder: Feeder) -> None:
    delivery = make_delivery()
    assert feeder._take([job_for(delivery)])
    [work] = feeder.flow.ready()
    assert (work.claim.delivery_id, work.job) == (delivery.pk, job_for(delivery))
    assert acked(feeder) == []


def test_a_job_that_is_early_by_a_clock_that_differs_a_little_is_taken(feeder: Feeder) -> None:
    delivery = make_delivery(due_at=timedelta(seconds=2), queued_at=timedelta())
    assert feeder._take([job_for(delivery)])
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [delivery.pk]


@pytest.mark.parametrize("count", [1, 2], ids=["alone", "chunk"])
def test_a_job_that_is_early_by_far_is_to_be_pushed_anew_at_its_time(feeder: Feeder, count: int) -> None:
    due_at = timezone.now() + timedelta(minutes=1)
    early = make_deliveries(count, due_at=due_at, queued_at=timezone.now(), created_at=timezone.now() - PUSH_GRACE)
    assert feeder._take([Job(id="early", deliveries=tuple(delivery.pk for delivery in early))])
    assert feeder.flow.ready() == []
    assert {row[0] for row in unqueued_deliveries(timezone.now())} == {delivery.pk for delivery in early}


def test_what_has_another_job_on_the_brokers_schedule_is_not_pushed_anew(feeder: Feeder) -> None:
    retried = make_delivery(due_at=timedelta(minutes=1), queued_at=timedelta(), failures=1)
    assert feeder._take([job_for(retried)])
    retried.refresh_from_db()
    assert retried.queued_at is not None


def test_faktory_brings_what_another_clock_made_due_a_little_later(
    feeder: Feeder, request: pytest.FixtureRequest, settings: Settings
) -> None:
    use_faktory(request, settings)
    delivery = make_delivery(due_at=timedelta(seconds=2), queued_at=timedelta())
    with closing(FaktoryQueue(feeder.owner)) as feeder.queue:
        feeder.queue.push([job_for(delivery)])
        deadline = time.monotonic() + 20
        while not (jobs := feeder._fetch(10)) and time.monotonic() < deadline:
            pass
        assert feeder._take(jobs)
        feeder.queue.ack(jobs)
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [delivery.pk]


def test_a_chunk_ends_as_soon_as_its_deliveries_are_claimed(feeder: Feeder) -> None:
    ids = tuple(delivery.pk for delivery in make_deliveries(3))
    chunk = Job(id="a-chunk-of-three", deliveries=ids)
    assert feeder._take([chunk])
    works = feeder.flow.ready()
    assert {work.claim.delivery_id for work in works} == set(ids)
    assert {work.job for work in works} == {None}
    assert acked(feeder) == [chunk]


def test_a_job_that_is_not_to_be_sent_ends(feeder: Feeder) -> None:
    job = job_for(make_delivery(state="delivered"))
    assert feeder._take([job])
    assert feeder.flow.ready() == []
    assert acked(feeder) == [job]


def test_a_job_of_the_original_that_cannot_be_stored_stays_with_the_queue_and_harms_no_other(feeder: Feeder) -> None:
    payload = base64.b64encode(b'{"body": {}}').decode()
    poison = Job(id="poison", failures=-1, legacy=("http://127.0.0.1:9/", "", payload))
    delivery = make_delivery()
    assert feeder._take([poison, job_for(delivery)])
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [delivery.pk]
    assert isinstance(feeder.queue, Broker)
    [failure] = feeder.queue.failed
    assert (failure.job, failure.error_kind) == (poison, "unstorable_job")
    assert "constraint" in failure.message.lower()


def test_one_that_cannot_be_stored_and_that_the_queue_has_forgotten_is_pushed_again(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = Job(id="poison", failures=-1, legacy=("http://127.0.0.1:9/", "", "e30="))
    monkeypatch.setattr(feeder.queue, "fail", lambda failures: [failure.job for failure in failures])
    assert feeder._take([poison])
    assert isinstance(feeder.queue, Broker)
    assert feeder.queue.pushed == [poison]


def test_a_refusal_is_told_once_though_the_database_goes_away_behind_it(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = Job(id="poison", failures=-1, legacy=("http://127.0.0.1:9/", "", "e30="))
    delivery = make_delivery()
    feeder._fetched = [poison, job_for(delivery)]
    answers = [OperationalError("the server is gone"), OperationalError("the server is gone")]

    def claim_at_last(owner: UUID, jobs: Sequence[Job]) -> list[Claim]:
        if answers:
            raise answers.pop()
        return claim(owner, jobs)

    monkeypatch.setattr(feeding, "claim", claim_at_last)
    feeder._take_fetched()
    assert isinstance(feeder.queue, Broker)
    assert [failure.job for failure in feeder.queue.failed] == [poison]
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [delivery.pk]


def test_what_was_claimed_before_the_database_went_away_is_not_forgotten(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = make_delivery()

    def refuse(*arguments: Any) -> None:
        raise OperationalError("the server is gone")

    with monkeypatch.context() as patched:
        patched.setattr(feeding, "load", refuse)
        assert not feeder._take([job_for(delivery)])
    assert feeder._take([job_for(delivery)])
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [delivery.pk]
    assert acked(feeder) == []
    another = make_delivery()
    assert feeder._take([job_for(another)])
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [another.pk]


def test_a_claim_whose_answer_was_lost_is_taken_again_and_spares_what_is_in_hand(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database has committed the claim, and died before it could say so."""
    in_hand, lost = make_delivery(), make_delivery()
    assert feeder._take([job_for(in_hand)])

    def lose_the_answer(owner: UUID, jobs: Sequence[Job]) -> None:
        claim(owner, jobs)
        raise OperationalError("the server is gone")

    with monkeypatch.context() as patched:
        patched.setattr(feeding, "claim", lose_the_answer)
        assert not feeder._take([job_for(lost)])
    lost.refresh_from_db()
    assert lost.owner == feeder.owner
    assert feeder._take([job_for(lost)])
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [in_hand.pk, lost.pk]
    assert acked(feeder) == []


def test_what_was_let_go_is_given_back_unless_another_has_it_and_what_is_in_hand_is_kept(feeder: Feeder) -> None:
    """What was just fetched with its claim is ours as well."""
    ours, lost, kept, fetched = (make_delivery() for _ in range(4))
    assert feeder._take([job_for(each) for each in (ours, lost, kept)])
    works = {work.claim.delivery_id: work for work in feeder.flow.ready()}
    another = new_id()
    Delivery.objects.filter(pk=lost.pk).update(owner=another)
    feeder.flow.let_go([works[ours.pk], works[lost.pk]])
    claims = tuple(claim(feeder.owner, [job_for(fetched)]))
    assert feeder._take([job_for(fetched, claims=claims)])
    for delivery in (ours, lost, kept, fetched):
        delivery.refresh_from_db()
    assert (ours.state, ours.owner, ours.queued_at, ours.lost_claims) == ("pending", None, None, 0)
    assert (lost.state, lost.owner) == ("claimed", another)
    assert [(each.state, each.owner) for each in (kept, fetched)] == [("claimed", feeder.owner)] * 2
    assert feeder.flow.in_hand() == {kept.pk, fetched.pk}


def test_one_that_was_claimed_again_stays_in_hand_when_its_first_claim_is_let_go(feeder: Feeder) -> None:
    delivery = make_delivery()
    assert feeder._take([job_for(delivery)])
    [first] = feeder.flow.ready()
    Delivery.objects.filter(pk=delivery.pk).update(state="pending", owner=None, lease_until=None)
    assert feeder._take([job_for(delivery)])
    feeder.flow.let_go([first])
    assert feeder._take([])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.owner) == ("claimed", feeder.owner)
    assert feeder.flow.in_hand() == {delivery.pk}


def test_an_unfinished_fan_out_ends_its_job_and_pushes_the_next(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.fan_out.CHUNK", 2)
    for _ in range(3):
        make_subscriber()
    job = fan_out_job(make_event(fan_out="pending", matched=None).pk)
    assert feeder._take([job])
    assert isinstance(feeder.queue, Broker)
    assert feeder.queue.acked == [job]
    assert feeder.queue.pushed[-1:] == [job]
    feeder.queue.pushed.clear()
    assert feeder._take([job])
    assert job not in feeder.queue.pushed


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        pytest.param({"state": "paused"}, "held", "paused", id="paused"),
        pytest.param({"deleted_at": timezone.now()}, "cancelled", "deleted", id="deleted"),
        pytest.param({"target_url": "http://a/:id"}, "dead", "permanent", id="no request can be built"),
    ],
)
def test_what_cannot_be_sent_is_done_at_once(feeder: Feeder, fields: dict[str, Any], state: str, reason: str) -> None:
    delivery = make_delivery(make_subscriber(**fields))
    assert feeder._take([job_for(delivery)])
    assert feeder.flow.ready() == []
    [work] = feeder.flow.wait_for_done(10, 0)
    settlement = settled(work, timezone.now(), is_embedded=False).settlement
    assert (settlement.state, settlement.reason, settlement.attempts) == (state, reason, 0)


def test_a_fault_of_ours_in_one_request_is_a_failure_of_that_one_alone(
    feeder: Feeder, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = make_deliveries(2)
    event = bad.event
    event.payload = "[]"  # no publish stores this
    event.save()
    assert feeder._take([job_for(good), job_for(bad)])
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [good.pk]
    [work] = feeder.flow.wait_for_done(10, 0)
    done = settled(work, timezone.now(), is_embedded=False).settlement
    assert (done.delivery_id, done.state, done.failures, done.attempts) == (bad.pk, "pending", 1, 0)
    assert str(bad.pk) in caplog.text
