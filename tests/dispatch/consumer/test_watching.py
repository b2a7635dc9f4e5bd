"""What a process makes of how its own tries went."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.breaker import FAILURES_IN_A_ROW
from dispatch.consumer.flow import Flow
from dispatch.consumer.watching import Watch
from dispatch.identifiers import new_id
from dispatch.models import Health
from dispatch.outcomes import Outcome
from tests.dispatch.ledger.rows import done, job_for, make_delivery, take

pytestmark = pytest.mark.django_db


def test_a_process_that_finds_the_breaker_open_leaves_the_subscriber_alone_as_well() -> None:
    delivery = make_delivery()
    [work] = take(new_id(), [job_for(delivery)])
    until = timezone.now() + timedelta(minutes=1)
    Health.objects.create(subscriber=delivery.subscriber, breaker="open", cause="failures", open_until=until)
    work = replace(work, subscriber=work.subscriber._replace(is_watched=True))
    flow = Flow(10)
    Watch(flow).note([done(work, Outcome(status=500), is_embedded=True)])
    assert list(flow.shut_off) == [(delivery.subscriber_id, "breaker")]


def test_a_failure_that_opens_nothing_leaves_nobody_alone() -> None:
    [work] = take(new_id(), [job_for(make_delivery())])
    flow = Flow(10)
    Watch(flow).note([done(work, Outcome(status=500), is_embedded=True)])
    assert list(flow.shut_off) == []


def test_the_subscriber_is_left_alone_as_long_as_it_asked_though_the_delivery_waits_longer() -> None:
    delivery = make_delivery()
    [work] = take(new_id(), [job_for(delivery)])
    refused = done(work, Outcome(status=429, headers=(("Retry-After", "1"),)), is_embedded=True)
    Watch(Flow(10)).note([refused])
    health = Health.objects.get(subscriber=delivery.subscriber)
    assert health.cause == "throttled"
    assert health.open_until is not None
    assert health.open_until < refused.settlement.due_at


def test_one_that_asks_for_no_wait_opens_its_breaker_as_any_that_fails() -> None:
    delivery = make_delivery()
    [work] = take(new_id(), [job_for(delivery)])
    refused = done(work, Outcome(status=429, headers=(("Retry-After", "0"),)), is_embedded=True)
    Watch(Flow(10)).note([refused] * FAILURES_IN_A_ROW)
    assert Health.objects.get(subscriber=delivery.subscriber).cause == "failures"
    assert (refused.settlement.failures, refused.settlement.deferred_seconds) == (1, 0.0)
