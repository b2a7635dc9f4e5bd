"""An operator's word on a delivery of a subscriber that is left alone: what a consumer makes of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.consumer.backlog import Backlog
from dispatch.consumer.flow import Flow
from dispatch.consumer.gate import Gate
from dispatch.identifiers import new_id
from dispatch.intervening import DUE_NOW, PROBED_NOW, NotWaitingError, try_now
from dispatch.models import Health
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import job_for, make_delivery, make_subscriber, take

pytestmark = pytest.mark.django_db


def make_open(cause: str = "failures") -> Subscriber:
    """It is left alone for another hour."""
    subscriber = make_subscriber()
    until = timezone.now() + timedelta(hours=1)
    Health.objects.create(subscriber=subscriber, breaker="open", cause=cause, open_until=until)
    return subscriber


@pytest.fixture
def backlog() -> Backlog:
    return Backlog(new_id(), Flow(100), Gate(), lambda *_: 10)


def test_the_one_that_is_held_is_the_probe(backlog: Backlog) -> None:
    held = make_delivery(make_open(), state="held", reason="breaker")
    backlog.look()
    assert backlog.claim(10, timezone.now()).claims == []
    assert try_now(held.pk) == PROBED_NOW
    assert backlog.claim(10, timezone.now()).probe_ids == {held.pk}


def test_a_retry_that_is_far_away_is_tried_as_well(backlog: Backlog) -> None:
    retried = make_delivery(make_open(), due_at=timedelta(hours=2), attempts=1, failures=1)
    assert try_now(retried.pk) == DUE_NOW
    [work] = take(new_id(), [job_for(retried)])
    assert work.claim.delivery_id == retried.pk
    assert Health.objects.get().open_until <= timezone.now()  # type: ignore[operator] # an open one has a time


def test_what_asked_to_wait_is_not_tried_sooner() -> None:
    held = make_delivery(make_open("throttled"), state="held", reason="throttled")
    before = Health.objects.get().open_until
    with pytest.raises(NotWaitingError, match="said itself for how long to wait"):
        try_now(held.pk)
    assert Health.objects.get().open_until == before
