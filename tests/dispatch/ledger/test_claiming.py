"""A conditional update gives a delivery to one owner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger.claiming import (
    LEASE,
    LEASE_MARGIN,
    Claim,
    claim_due,
    claim_early,
    claim_named,
    hand_back,
    next_due,
    reopen_dead,
)
from dispatch.ledger.recovering import recover_lost_claims
from dispatch.models import Delivery
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

LATER = {"due_at": timedelta(days=1)}
CLAIMED, HELD = {"state": "claimed"}, {"state": "held", "reason": "paused"}
DEAD, DELIVERED = {"state": "dead", "reason": "exhausted"}, {"state": "delivered"}


def due(owner: UUID, delivery: Delivery) -> list[Claim]:
    return claim_due(owner, 10, timezone.now())


def named(owner: UUID, delivery: Delivery) -> list[Claim]:
    return claim_named(owner, [delivery.pk], timezone.now())


def early(owner: UUID, delivery: Delivery) -> list[Claim]:
    return claim_early(owner, {delivery.pk: 2}, timezone.now())


def reopened(owner: UUID, delivery: Delivery) -> list[Claim]:
    return reopen_dead(owner, [delivery.pk], timezone.now())


@pytest.mark.parametrize(
    ("claim", "fields", "is_claimed"),
    [
        pytest.param(due, {}, True, id="due: due"),
        pytest.param(due, LATER, False, id="due: later"),
        pytest.param(due, CLAIMED, False, id="due: claimed"),
        pytest.param(due, HELD, False, id="due: held"),
        pytest.param(due, DELIVERED, False, id="due: delivered"),
        pytest.param(named, {}, True, id="named: due"),
        pytest.param(named, {"due_at": timedelta(seconds=2)}, True, id="named: early by a clock"),
        pytest.param(named, {"due_at": timedelta(seconds=20)}, False, id="named: early by far"),
        pytest.param(named, LATER, False, id="named: later"),
        pytest.param(named, CLAIMED, False, id="named: claimed"),
        pytest.param(named, HELD, False, id="named: held"),
        pytest.param(named, DEAD, False, id="named: dead"),
        pytest.param(early, {"failures": 2}, True, id="early: due"),
        pytest.param(early, {"failures": 2, **LATER}, True, id="early: later"),
        pytest.param(early, {"failures": 1}, False, id="early: failed less often"),
        pytest.param(early, {"failures": 3}, False, id="early: failed more often"),
        pytest.param(early, {"failures": 2, **CLAIMED}, False, id="early: claimed"),
        pytest.param(early, {"failures": 2, **DEAD}, False, id="early: dead"),
        pytest.param(reopened, DEAD, True, id="reopened: dead"),
        pytest.param(reopened, {}, False, id="reopened: due"),
        pytest.param(reopened, DELIVERED, False, id="reopened: delivered"),
    ],
)
def test_only_what_may_be_sent_is_claimed(
    claim: Callable[[UUID, Delivery], list[Claim]], fields: dict[str, Any], is_claimed: bool
) -> None:
    delivery, owner = make_delivery(**fields), new_id()
    before = (delivery.state, delivery.owner)
    claims = claim(owner, delivery)
    delivery.refresh_from_db()
    assert [each.delivery_id for each in claims] == ([delivery.pk] if is_claimed else [])
    assert (delivery.state, delivery.owner) == (("claimed", owner) if is_claimed else before)


def test_a_claim_lasts_for_a_lease_and_tells_how_the_delivery_stood() -> None:
    origin = make_delivery(state="delivered")
    delivery = make_delivery(attempts=4, failures=3, deferred_seconds=2.5, replay_of=origin)
    now = timezone.now()
    [claim] = claim_due(new_id(), 10, now)
    assert claim == Claim(
        delivery.pk, delivery.event_id, delivery.subscriber_id, 4, 3, 2.5, origin.pk, delivery.due_at, now + LEASE
    )
    delivery.refresh_from_db()
    assert delivery.lease_until == now + LEASE


def test_a_claim_holds_until_shortly_before_others_may_take_it() -> None:
    now = timezone.now()
    make_delivery(due_at=now)
    [claim] = claim_due(owner := new_id(), 10, now)
    nearly = now + LEASE - LEASE_MARGIN - timedelta(microseconds=1)
    assert claim.holds(now)
    assert claim.holds(nearly)
    assert recover_lost_claims(nearly, []) == (0, 0)
    assert not claim.holds(now + LEASE - LEASE_MARGIN)
    assert not claim.holds(now + timedelta(days=1))
    assert recover_lost_claims(now + LEASE, [owner]) == (0, 0)
    assert recover_lost_claims(now + LEASE + timedelta(microseconds=1), []) == (1, 0)


def test_the_longest_due_are_claimed_first_and_never_beyond_the_limit() -> None:
    subscriber, now = make_subscriber(), timezone.now()
    ids = [make_delivery(subscriber, due_at=now - timedelta(minutes=minutes)).pk for minutes in (1, 5, 3, 4, 2)]
    claimed = {claim.delivery_id for claim in claim_due(new_id(), 2, now)}
    assert claimed == {ids[1], ids[3]}


def test_a_wide_claim_stays_within_its_limit() -> None:
    """Postgres may plan the choice of rows so that it is repeated."""
    make_deliveries(500)
    assert len(claim_due(new_id(), 100, timezone.now())) == 100
    assert Delivery.objects.filter(state="claimed").count() == 100


def test_many_named_are_claimed_at_once_and_unknown_ids_are_nobody() -> None:
    ids = [delivery.pk for delivery in make_deliveries(300)]
    claims = claim_named(new_id(), [*ids, new_id()], timezone.now())
    assert {claim.delivery_id for claim in claims} == set(ids)


def test_next_due_is_the_earliest_of_the_pending() -> None:
    assert next_due() is None
    make_delivery(state="claimed", due_at=timezone.now() - timedelta(days=1))
    assert next_due() is None
    later, first = (make_delivery(due_at=timezone.now() + timedelta(hours=hours)) for hours in (2, 1))
    assert next_due() == first.due_at < later.due_at


def test_what_is_handed_back_is_due_as_before_and_to_be_queued() -> None:
    delivery, owner = make_delivery(attempts=1, queued_at=timezone.now()), new_id()
    claim_due(owner, 10, timezone.now())
    assert hand_back(owner, [delivery.pk]) == 1
    due_at = delivery.due_at
    delivery.refresh_from_db()
    assert (delivery.state, delivery.owner, delivery.lease_until) == ("pending", None, None)
    assert (delivery.due_at, delivery.queued_at, delivery.attempts) == (due_at, None, 1)


@pytest.mark.parametrize("fields", [{"state": "claimed"}, {"state": "delivered"}], ids=["another's", "settled"])
def test_only_ones_own_claims_are_handed_back(fields: dict[str, Any]) -> None:
    delivery = make_delivery(**fields)
    assert hand_back(new_id(), [delivery.pk]) == 0
    assert hand_back(new_id(), []) == 0
    before = delivery.state
    delivery.refresh_from_db()
    assert delivery.state == before


def test_a_reopened_delivery_is_not_settled_any_more() -> None:
    delivery = make_delivery(**DEAD)
    reopen_dead(new_id(), [delivery.pk], timezone.now())
    delivery.refresh_from_db()
    assert (delivery.settled_at, delivery.reason) == (None, "")
