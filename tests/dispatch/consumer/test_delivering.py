"""What is sent of what waits, and what becomes of the rest; on a real receiver."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.consumer.delivering import Deliverer
from dispatch.consumer.flow import Flow
from dispatch.consumer.work import LATE_AFTER, Work
from dispatch.identifiers import new_id
from dispatch.ledger.claiming import LEASE, LEASE_MARGIN, SUSPECT_FROM
from dispatch.outbound import open_transport
from dispatch.verdicts import Act, Verdict
from tests.dispatch.ledger.rows import job_for, make_delivery, make_subscriber, take
from tests.flows.receiver import Answer, Received, Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.fixture
def hanging() -> Iterator[Receiver]:
    may_answer = threading.Event()

    def answer(request: Received) -> Answer:
        may_answer.wait(30)
        return Answer()

    with Receiver(answer) as opened:
        yield opened
        may_answer.set()


@pytest.fixture
def deliverer() -> Iterator[Deliverer]:
    with closing(open_transport()) as transport:
        yield Deliverer(Flow(100), transport, 4)


def works(receiver: Receiver, count: int, *, claimed_ago: timedelta = timedelta(), **subscriber: int) -> list[Work]:
    """For a subscriber of their own; they were claimed so long ago."""
    target = make_subscriber(target_url=f"{receiver.url}/", **subscriber)
    taken = take(new_id(), [job_for(make_delivery(target)) for _ in range(count)])
    lease_until = timezone.now() + LEASE - claimed_ago
    return [replace(work, claim=work.claim._replace(lease_until=lease_until)) for work in taken]


def finish(deliverer: Deliverer, count: int) -> list[Work]:
    """Steps until so many have an outcome."""
    done: list[Work] = []
    while len(done) < count:
        deliverer._step(0.2)
        done += deliverer.flow.wait_for_done(count, 0)
    return done


def test_what_others_may_have_taken_over_is_not_sent_and_not_recorded(deliverer: Deliverer, receiver: Receiver) -> None:
    """The process was stopped with all of it in line: every subscriber's, be its turn now or later."""
    lost = [work for _ in range(3) for work in works(receiver, 3, claimed_ago=LEASE - LEASE_MARGIN)]
    fresh = works(receiver, 2)
    deliverer.flow.take([*lost, *fresh])
    done = finish(deliverer, 2)
    assert {work.claim.delivery_id for work in done} == {work.claim.delivery_id for work in fresh}
    assert {work.outcome.status for work in done if work.outcome} == {200}
    receiver.wait_for(2)
    assert {request.headers["switch-delivery-id"] for request in receiver.requests} == {
        str(work.claim.delivery_id) for work in fresh
    }
    assert deliverer.flow.in_hand() == {work.claim.delivery_id for work in fresh}
    assert deliverer.flow.is_unsure.is_set(), "so that the feeder gives back what nobody has taken"


def test_what_waits_within_its_lease_is_sent(deliverer: Deliverer, receiver: Receiver) -> None:
    deliverer.flow.take(works(receiver, 3, claimed_ago=LATE_AFTER - timedelta(seconds=20)))
    assert len(finish(deliverer, 3)) == 3
    receiver.wait_for(3)
    assert not deliverer.flow.is_unsure.is_set()


def test_a_line_that_has_waited_for_long_is_held_whatever_room_there_is(
    deliverer: Deliverer, hanging: Receiver, receiver: Receiver
) -> None:
    """One that answers slowly, one at a time: what is in flight is finished, and what waits beside it stays."""
    slow = works(hanging, 1, max_in_flight=1)
    behind = [replace(work, subscriber=slow[0].subscriber) for work in works(hanging, 3, claimed_ago=LATE_AFTER)]
    beside = works(receiver, 1, claimed_ago=LATE_AFTER)
    deliverer.flow.take([*slow, *behind, *beside])
    done = finish(deliverer, 4)
    assert {work.claim.delivery_id for work in done} == {work.claim.delivery_id for work in (*behind, *beside)}
    assert {work.verdict for work in done} == {Verdict(Act.HOLD, "capped"), None}
    assert deliverer.transport.in_flight == 1
    assert set(deliverer.flow.held) == {slow[0].subscriber.id}
    assert not deliverer.flow.is_unsure.is_set()


def test_a_suspect_that_has_waited_for_long_is_not_held_but_let_go_with_its_lease(
    deliverer: Deliverer, hanging: Receiver
) -> None:
    slow = works(hanging, 1, max_in_flight=1)
    late, lost = (
        replace(work, subscriber=slow[0].subscriber, claim=work.claim._replace(lost_claims=SUSPECT_FROM))
        for work in (*works(hanging, 1, claimed_ago=LATE_AFTER), *works(hanging, 1, claimed_ago=LEASE))
    )
    deliverer.flow.take([*slow, late, lost])
    deliverer._step(0)
    assert deliverer.flow.wait_for_done(10, 0) == []
    assert deliverer.flow.in_hand() == {work.claim.delivery_id for work in (*slow, late)}
    assert deliverer.flow.is_unsure.is_set()
