"""Work that nobody is about to do is found and made due again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger.recovering import (
    forget_lost_jobs,
    recover_lost_claims,
    release,
    unqueued_deliveries,
    unqueued_fan_outs,
)
from dispatch.models import Delivery
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

LIVING = new_id()


#: Counted from the moment at which the row is made.
OLD = {"received_at": timedelta(minutes=-1)}
FIRST = {"queued_at": timedelta(minutes=-2)}
RETRIED = {"queued_at": timedelta(hours=-1), "failures": 2}


def ago(**duration: float) -> Any:
    return timezone.now() - timedelta(**duration)


@pytest.mark.parametrize(
    ("owner", "lease_over_for", "is_lost"),
    [
        pytest.param(new_id(), timedelta(seconds=1), True, id="dead owner, lease over"),
        pytest.param(new_id(), timedelta(seconds=-30), False, id="dead owner, lease runs"),
        pytest.param(new_id(), timedelta(hours=-3), True, id="dead owner, lease of a wrong clock"),
        pytest.param(new_id(), timedelta(minutes=-5), False, id="owner that seems dead by a clock that is behind"),
        pytest.param(LIVING, timedelta(hours=-3), False, id="living owner, lease of a wrong clock"),
        pytest.param(LIVING, timedelta(minutes=5), False, id="living owner, lease over"),
        pytest.param(LIVING, timedelta(minutes=16), True, id="living owner, long forgotten"),
    ],
)
def test_a_claim_is_lost_with_its_owner_once_its_lease_is_over_or_cannot_be(
    owner: Any, lease_over_for: timedelta, is_lost: bool
) -> None:
    lease = timezone.now() - lease_over_for
    delivery = make_delivery(state="claimed", owner=owner, lease_until=lease, queued_at=timezone.now())
    assert recover_lost_claims(timezone.now(), [LIVING]) == (int(is_lost), 0)
    delivery.refresh_from_db()
    if is_lost:
        assert (delivery.state, delivery.owner, delivery.queued_at, delivery.lost_claims) == ("pending", None, None, 1)
    else:
        assert (delivery.state, delivery.owner, delivery.lost_claims) == ("claimed", owner, 0)


def test_with_nobody_living_every_claim_whose_lease_is_over_is_lost() -> None:
    make_delivery(state="claimed", lease_until=ago(seconds=1))
    assert recover_lost_claims(timezone.now(), []) == (1, 0)


def test_the_fifth_lost_claim_is_the_end() -> None:
    delivery = make_delivery()
    for count in (1, 2, 3, 4):
        claimed_by_a_dead_consumer(delivery)
        assert recover_lost_claims(timezone.now(), []) == (1, 0)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.lost_claims) == ("pending", count)
    claimed_by_a_dead_consumer(delivery)
    assert recover_lost_claims(timezone.now(), []) == (0, 1)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason, delivery.lost_claims) == ("dead", "lost", 5)
    assert delivery.settled_at is not None


def claimed_by_a_dead_consumer(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state="claimed", owner=new_id(), lease_until=ago(seconds=1))


@pytest.mark.parametrize(
    ("fields", "is_found"),
    [
        pytest.param({}, True, id="never queued"),
        pytest.param({"queued_at": timedelta()}, False, id="queued"),
        pytest.param({"state": "claimed"}, False, id="claimed"),
        pytest.param({"state": "held", "reason": "paused"}, False, id="held"),
        pytest.param({"state": "dead"}, False, id="dead"),
        pytest.param({"created_at": timedelta(seconds=30)}, False, id="too young"),
        pytest.param({"created_at": timedelta(hours=1)}, True, id="made in the future"),
    ],
)
def test_pending_deliveries_without_a_job_are_found(fields: dict[str, Any], is_found: bool) -> None:
    delivery = make_delivery(make_subscriber(retry_limit=7), **{"failures": 2, **fields})
    found = unqueued_deliveries(timezone.now() + timedelta(seconds=1))
    assert found == ([(delivery.pk, 7, 2, delivery.due_at)] if is_found else [])


@pytest.mark.parametrize(
    ("fields", "is_found"),
    [
        pytest.param(OLD, True, id="never queued"),
        pytest.param({**OLD, "fan_out_queued_at": timedelta(seconds=-30)}, True, id="queued long ago"),
        pytest.param({**OLD, "fan_out_queued_at": timedelta()}, False, id="queued just now"),
        pytest.param({}, False, id="too young"),
        pytest.param({**OLD, "fan_out": "done", "matched": 0}, False, id="done"),
    ],
)
def test_pending_fan_outs_without_a_fresh_job_are_found(fields: dict[str, Any], is_found: bool) -> None:
    event = make_event(**{"fan_out": "pending", "matched": None, **fields})
    assert unqueued_fan_outs(ago(seconds=10), ago(seconds=10)) == ([event.pk] if is_found else [])


@pytest.mark.parametrize(
    ("fields", "is_forgotten"),
    [
        pytest.param({**FIRST, "due_at": timedelta(minutes=-2)}, True, id="first try, older than all the broker has"),
        pytest.param(FIRST, False, id="first try, scheduled long ago and due just now"),
        pytest.param({"queued_at": timedelta(seconds=-30)}, False, id="first try, younger"),
        pytest.param({**FIRST, "due_at": timedelta(days=1)}, False, id="not due"),
        pytest.param({**FIRST, "due_at": timedelta(minutes=-2), "state": "claimed"}, False, id="claimed"),
        # Failure 2 comes back at most 60 s behind its due time, and a minute is added.
        pytest.param({**RETRIED, "due_at": timedelta(seconds=-110)}, False, id="retry, may still come"),
        pytest.param({**RETRIED, "due_at": timedelta(seconds=-130)}, True, id="retry, too late"),
    ],
)
def test_a_job_that_the_broker_must_have_lost_is_to_be_queued_anew(fields: dict[str, Any], is_forgotten: bool) -> None:
    delivery = make_delivery(**fields)
    assert forget_lost_jobs(ago(minutes=1), timezone.now()) == int(is_forgotten)
    delivery.refresh_from_db()
    assert (delivery.queued_at is None) == is_forgotten


def test_a_release_concerns_one_subscriber_and_one_reason() -> None:
    wanted = make_delivery(state="held", reason="capped")
    make_delivery(wanted.subscriber, state="held", reason="paused")
    make_delivery(state="held", reason="capped")
    assert release(timezone.now(), wanted.subscriber_id, "capped") == 1
    assert [delivery.pk for delivery in Delivery.objects.filter(state="pending")] == [wanted.pk]
