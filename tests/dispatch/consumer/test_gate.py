"""Which claimed deliveries go on, and for which reason the others are held."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from dispatch.consumer.backlog import SUSPECTS_AT_ONCE, SUSPECTS_LOOKED_AT, Backlog
from dispatch.consumer.flow import Flow
from dispatch.consumer.gate import Gate
from dispatch.consumer.loading import load
from dispatch.consumer.work import Work
from dispatch.identifiers import new_id
from dispatch.ledger.claiming import claim_due, claim_suspect
from dispatch.models import Delivery, Health
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

OWNER = new_id()


def judged(gate: Gate | None = None, probe_ids: tuple[UUID, ...] = (), *, from_line: bool = False) -> list[Work]:
    claims = claim_due(OWNER, 100, timezone.now())
    return load(claims, (), gate or Gate(), probe_ids, from_line=from_line)


def reasons(works: list[Work]) -> list[str]:
    return sorted(work.verdict.reason if work.verdict else "" for work in works)


def shut_off(subscriber: Subscriber, seconds: float = 60, **fields: Any) -> None:
    until = timezone.now() + timedelta(seconds=seconds)
    Health.objects.create(
        subscriber=subscriber, **{"breaker": "open", "cause": "failures", "open_until": until, **fields}
    )


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        ({}, "breaker"),
        ({"breaker": "half_open"}, "breaker"),
        ({"cause": "throttled"}, "throttled"),
        ({"breaker": "closed", "cause": "", "open_until": None, "failing_since": timezone.now()}, ""),
    ],
)
def test_a_shut_breaker_holds_all_and_no_other_subscriber(health: dict[str, Any], reason: str) -> None:
    delivery = make_delivery()
    shut_off(delivery.subscriber, **health)
    make_delivery(delivery.subscriber)
    make_delivery()
    assert reasons(judged()) == sorted([reason, reason, ""])


def test_a_probe_passes_a_shut_breaker() -> None:
    delivery = make_delivery()
    shut_off(delivery.subscriber, breaker="half_open")
    [work] = judged(probe_ids=(delivery.pk,))
    assert (work.verdict, work.is_probe) == (None, True)
    assert work.request is not None


@pytest.mark.parametrize(("cause", "held"), [("throttled", False), ("failures", True)])
def test_one_that_has_waited_as_it_was_told_passes_and_tells_as_much_as_a_probe(cause: str, held: bool) -> None:
    delivery = make_delivery(deferred_seconds=60.0)
    shut_off(delivery.subscriber, cause=cause)
    [work] = judged()
    assert (work.verdict is not None, work.is_probe) == (held, not held)


def test_what_comes_goes_to_the_end_of_the_line_but_for_what_is_from_the_line() -> None:
    delivery = make_delivery()
    gate = Gate()
    gate.lines = {delivery.subscriber_id: ["rate"]}
    assert reasons(judged(gate)) == ["rate"]
    Delivery.objects.update(state="pending", owner=None, lease_until=None)
    assert reasons(judged(gate, from_line=True)) == [""]


def test_a_suspect_does_not_go_to_the_end_of_a_line() -> None:
    """It would be claimed from there among others."""
    delivery = make_delivery(lost_claims=2)
    gate = Gate()
    gate.lines = {delivery.subscriber_id: ["capped"]}
    [work] = load(claim_suspect(OWNER, delivery.pk, timezone.now()), (), gate)
    assert work.verdict is None


def test_beyond_the_rate_limit_is_held() -> None:
    subscriber = make_subscriber(rate_limit_per_second=3)
    for _ in range(5):
        make_delivery(subscriber)
    assert reasons(judged()) == ["", "", "", "rate", "rate"]


def backlog(allowed: int = 10, gate: Gate | None = None) -> Backlog:
    return Backlog(OWNER, Flow(100), gate or Gate(), lambda subscriber_id, most: allowed)


def held(count: int, subscriber: Subscriber | None = None, reason: str = "capped") -> Subscriber:
    found = subscriber or make_subscriber()
    for _ in range(count):
        make_delivery(found, state="held", reason=reason)
    return found


@pytest.mark.parametrize(("allowed", "room", "claimed"), [(3, 100, 3), (100, 4, 4), (100, 100, 8), (0, 100, 0)])
def test_a_line_is_taken_up_as_far_as_there_is_room(allowed: int, room: int, claimed: int) -> None:
    held(8)
    found = backlog(allowed)
    found.look()
    assert len(found.claim(room, timezone.now()).claims) == claimed


def test_what_is_in_the_process_already_counts() -> None:
    subscriber = held(8)
    found = backlog(5)
    make_delivery(subscriber)
    found.flow.take(judged())
    found.look()
    assert len(found.claim(100, timezone.now()).claims) == 4


def test_no_more_is_taken_up_than_the_rate_limit_grants() -> None:
    subscriber = held(8, make_subscriber(rate_limit_per_second=2), "rate")
    found = backlog(100)
    found.look()
    taken = found.claim(100, timezone.now())
    assert reasons(load(taken.claims, (), found.gate, from_line=True)) == ["", ""]
    assert found.claim(100, timezone.now()).claims == []
    assert found.gate.lines == {subscriber.pk: ["rate"]}


@pytest.mark.parametrize(("seconds", "probes"), [(60, 0), (-1, 1)])
def test_of_one_left_alone_one_delivery_is_taken_once_the_pause_is_over(seconds: float, probes: int) -> None:
    shut_off(held(5), seconds)
    found = backlog()
    found.look()
    taken = found.claim(100, timezone.now())
    assert len(taken.claims) == len(taken.probe_ids) == probes
    assert found.claim(100, timezone.now()).claims == []


@pytest.mark.parametrize(("opened", "place"), [(1, 0), (2, -1), (3, 0)])
def test_the_probe_is_the_oldest_and_the_newest_in_turn(opened: int, place: int) -> None:
    subscriber = held(5)
    shut_off(subscriber, -1, opened_in_a_row=opened)
    found = backlog()
    found.look()
    [claim] = found.claim(100, timezone.now()).claims
    assert claim.delivery_id == sorted(Delivery.objects.values_list("pk", flat=True))[place]


def test_the_line_of_one_that_is_paused_is_taken_up_to_be_held_for_that() -> None:
    subscriber = held(3, make_subscriber(state="paused"), "breaker")
    shut_off(subscriber, 600)
    found = backlog(0)
    found.look()
    taken = found.claim(100, timezone.now())
    assert reasons(load(taken.claims, (), found.gate, from_line=True)) == ["paused"] * 3


def test_suspects_of_one_left_alone_wait_and_keep_no_other_waiting() -> None:
    crowd = make_subscriber()
    for _ in range(SUSPECTS_LOOKED_AT + 1):
        make_delivery(crowd, lost_claims=2, due_at=timedelta(minutes=-5))
    other = make_delivery(lost_claims=3)
    shut_off(crowd)
    taken = backlog().claim_suspects(timezone.now())
    assert [claim.delivery_id for claim in taken.claims] == [other.pk]
    assert taken.probe_ids == set()


def test_suspects_go_together_at_first_and_alone_once_they_were_lost_again() -> None:
    subscriber = make_subscriber()
    twice = [make_delivery(subscriber, lost_claims=2, due_at=timedelta(minutes=-5)) for _ in range(3)]
    again = [make_delivery(subscriber, lost_claims=3, due_at=timedelta(minutes=-4)) for _ in range(2)]
    found = backlog()
    rounds = [{claim.delivery_id for claim in found.claim_suspects(timezone.now()).claims} for _ in range(4)]
    assert rounds == [{each.pk for each in twice}, {again[0].pk}, {again[1].pk}, set()]


def test_no_more_suspects_go_together_than_may() -> None:
    subscriber = make_subscriber()
    for _ in range(SUSPECTS_AT_ONCE + 1):
        make_delivery(subscriber, lost_claims=2)
    assert len(backlog().claim_suspects(timezone.now()).claims) == SUSPECTS_AT_ONCE


def test_a_suspect_is_the_probe_of_one_for_which_nothing_else_waits() -> None:
    first, _ = make_delivery(lost_claims=2), make_delivery(lost_claims=2)
    shut_off(first.subscriber, -1)
    found = backlog()
    taken = found.claim_suspects(timezone.now())
    assert taken.probe_ids == {first.pk}
    [work] = load(taken.claims, (), found.gate, taken.probe_ids)
    assert work.is_probe
    assert work.request is not None
    again = backlog().claim_suspects(timezone.now())
    assert first.pk not in {claim.delivery_id for claim in again.claims}, "one probe at a time"
    assert again.probe_ids == set()
