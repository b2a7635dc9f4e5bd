"""An operator's word on a delivery of a subscriber that is left alone: what a consumer makes of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from dispatch.consumer.backlog import Backlog
from dispatch.consumer.flow import Flow
from dispatch.consumer.gate import Gate
from dispatch.consumer.loading import claim, load
from dispatch.identifiers import new_id
from dispatch.intervening import DUE_BUT, DUE_NOW, PROBED_NOW, NotWaitingError, stop_trying, try_now, why_held_then
from dispatch.ledger.health import reserve
from dispatch.models import Health
from dispatch.replaying import replay
from dispatch.verdicts import Act
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import job_for, make_delivery, make_subscriber, take

pytestmark = pytest.mark.django_db


def make_open(cause: str = "failures", breaker: str = "open") -> Subscriber:
    """It is left alone for another hour."""
    subscriber = make_subscriber()
    until = timezone.now() + timedelta(hours=1)
    Health.objects.create(subscriber=subscriber, breaker=breaker, cause=cause, open_until=until)
    return subscriber


def make_limited() -> Subscriber:
    """Its rate limit has granted what it grants in this second and, at one in a hundred seconds, for a while."""
    subscriber = make_subscriber(rate_limit_per_second=0.01)
    assert reserve(subscriber.pk, 0.01, 1, timezone.now()) == 1
    return subscriber


def make_behind_others() -> Subscriber:
    subscriber = make_subscriber()
    make_delivery(subscriber, state="held", reason="capped")
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
    assert try_now(retried.pk) == PROBED_NOW
    [work] = take(new_id(), [job_for(retried)])
    assert work.claim.delivery_id == retried.pk
    assert Health.objects.get().open_until <= timezone.now()  # type: ignore[operator] # an open one has a time


def test_what_asked_to_wait_is_not_tried_sooner() -> None:
    held = make_delivery(make_open("throttled"), state="held", reason="throttled")
    before = Health.objects.get().open_until
    with pytest.raises(NotWaitingError, match="said itself for how long to wait"):
        try_now(held.pk)
    assert Health.objects.get().open_until == before


@pytest.mark.parametrize(
    ("subscriber", "fields", "why"),
    [
        pytest.param(make_subscriber, {}, "", id="all is well"),
        pytest.param(lambda: make_open("throttled"), {}, "said itself for how long to wait", id="throttled"),
        pytest.param(lambda: make_open("throttled"), {"deferred_seconds": 5}, "", id="it was told so, and has waited"),
        pytest.param(lambda: make_open(breaker="half_open"), {}, "is being tried just now", id="being tried"),
        pytest.param(make_limited, {}, "raise the limit", id="over its rate"),
        pytest.param(make_behind_others, {}, "It is in line", id="behind others"),
        pytest.param(lambda: make_subscriber(state="paused"), {}, "resume it first", id="paused"),
    ],
)
def test_what_trying_a_retry_comes_to_is_said_before_and_after(
    subscriber: Callable[[], Subscriber], fields: dict[str, Any], why: str, backlog: Backlog
) -> None:
    retried = make_delivery(subscriber(), due_at=timedelta(hours=2), attempts=1, failures=1, **fields)
    assert why in why_held_then(retried)
    assert bool(why_held_then(retried)) is bool(why)
    said = try_now(retried.pk)
    assert said == DUE_NOW if not why else said.startswith(DUE_BUT) and why in said
    backlog.look()
    [work] = load(claim(backlog.owner, [job_for(retried)]), [], backlog.gate)
    is_held = work.verdict is not None and work.verdict.act is Act.HOLD
    assert is_held is bool(why), "the gate of the consumers decides the same"


@pytest.mark.parametrize("act", [try_now, stop_trying])
def test_of_one_that_is_settled_it_is_said_whether_it_can_be_replayed(act: Callable[[UUID], str]) -> None:
    dead = make_delivery(state="dead")

    def refusal() -> str:
        with pytest.raises(NotWaitingError) as refused:
            act(dead.pk)
        return str(refused.value)

    assert refusal() == "The delivery is settled: it is dead. It can be replayed."
    replay([dead.pk])
    assert refusal() == "The delivery is settled: it is dead. It cannot be replayed: a replay of it is under way."
    dead.subscriber.delete()
    assert refusal() == "The delivery is settled: it is dead. It cannot be replayed: its subscriber is deleted."
