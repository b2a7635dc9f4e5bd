"""What a process makes of how its own tries went."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

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
    work = replace(work, subscriber=replace(work.subscriber, is_watched=True))
    flow = Flow(10)
    Watch(flow).note([done(work, Outcome(status=500), is_embedded=True)])
    assert list(flow.shut_off) == [(delivery.subscriber_id, "breaker")]


def test_a_failure_that_opens_nothing_leaves_nobody_alone() -> None:
    [work] = take(new_id(), [job_for(make_delivery())])
    flow = Flow(10)
    Watch(flow).note([done(work, Outcome(status=500), is_embedded=True)])
    assert list(flow.shut_off) == []
