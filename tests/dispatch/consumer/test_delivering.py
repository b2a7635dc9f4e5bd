"""What is sent of what waits, and what becomes of the rest; on a real receiver."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.consumer.delivering import Deliverer
from dispatch.consumer.flow import Flow
from dispatch.consumer.work import Work
from dispatch.identifiers import new_id
from dispatch.ledger.claiming import LEASE, LEASE_MARGIN
from dispatch.outbound import open_transport
from tests.dispatch.ledger.rows import job_for, make_delivery, make_subscriber, take
from tests.flows.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.fixture
def deliverer() -> Iterator[Deliverer]:
    with closing(open_transport()) as transport:
        yield Deliverer(Flow(100), transport, 4)


def works(receiver: Receiver, count: int, *, claimed_ago: timedelta = timedelta(), **subscriber: int) -> list[Work]:
    """For a subscriber of their own; they were claimed so long ago."""
    target = make_subscriber(target_url=f"{receiver.url}/", **subscriber)
    taken = take(new_id(), [job_for(make_delivery(target)) for _ in range(count)])
    lease_until = timezone.now() + LEASE - claimed_ago
    return [replace(work, claim=replace(work.claim, lease_until=lease_until)) for work in taken]


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
    deliverer.flow.take(works(receiver, 3, claimed_ago=LEASE - LEASE_MARGIN - timedelta(seconds=20)))
    assert len(finish(deliverer, 3)) == 3
    receiver.wait_for(3)
    assert not deliverer.flow.is_unsure.is_set()
