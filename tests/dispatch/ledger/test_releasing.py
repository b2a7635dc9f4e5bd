"""What waits for a subscriber is released when it is resumed, and cancelled when it is deleted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dispatch.ledger import examining
from dispatch.ledger.releasing import (
    cancel_deleted,
    held_as_broken,
    release_judged,
    release_paused,
)
from dispatch.models import Delivery
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

QUEUED = {"queued_at": timedelta(days=-1)}


@pytest.mark.parametrize(
    ("subscriber", "reason", "is_released"),
    [
        pytest.param({}, "paused", True, id="active again"),
        pytest.param({"state": "paused"}, "paused", False, id="still paused"),
        pytest.param({"deleted_at": timezone.now()}, "paused", False, id="deleted"),
        pytest.param({}, "broken", False, id="held for another reason"),
    ],
)
def test_what_was_held_by_a_pause_is_due_when_the_pause_ends(
    subscriber: dict[str, Any], reason: str, is_released: bool
) -> None:
    delivery = make_delivery(make_subscriber(**subscriber), state="held", reason=reason, **QUEUED)
    now = timezone.now()
    assert examining.held_though_active() == int(is_released)
    assert release_paused(now) == int(is_released)
    delivery.refresh_from_db()
    if is_released:
        assert (delivery.state, delivery.reason, delivery.due_at, delivery.queued_at) == ("pending", "", now, None)
    else:
        assert (delivery.state, delivery.reason) == ("held", reason)


@pytest.mark.parametrize(
    ("fields", "is_cancelled"),
    [
        pytest.param({"due_at": timedelta(days=2)}, True, id="pending, due in days"),
        pytest.param({"state": "held", "reason": "paused"}, True, id="held"),
        pytest.param({"state": "claimed"}, False, id="being sent"),
        pytest.param({"state": "dead", "reason": "exhausted"}, False, id="settled"),
    ],
)
def test_what_waits_for_a_deleted_subscriber_is_cancelled(fields: dict[str, Any], is_cancelled: bool) -> None:
    delivery = make_delivery(make_subscriber(deleted_at=timezone.now()), **fields)
    kept = make_delivery(make_subscriber(), **fields)
    assert examining.waiting_for_deleted() == int(is_cancelled)
    assert cancel_deleted(timezone.now()) == int(is_cancelled)
    delivery.refresh_from_db()
    if is_cancelled:
        assert (delivery.state, delivery.reason, delivery.queued_at) == ("cancelled", "deleted", None)
        assert delivery.settled_at is not None
    else:
        assert delivery.state == fields["state"]
    assert Delivery.objects.get(pk=kept.pk).state == fields.get("state", "pending")


@pytest.mark.parametrize(
    "fields",
    [{"state": "held", "reason": "capped"}, {"state": "held", "reason": "paused"}, {"due_at": timedelta(days=2)}],
    ids=["held for want of capacity", "held for a pause", "pending"],
)
def test_what_waits_for_a_subscriber_whose_row_is_missing_is_cancelled(fields: dict[str, Any]) -> None:
    """Somebody has deleted it by hand."""
    delivery = make_delivery(make_subscriber(), **fields)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM subscriber WHERE id = %s", [delivery.subscriber_id])
    try:
        assert examining.waiting_for_deleted() == 1
        assert cancel_deleted(timezone.now()) == 1
        delivery.refresh_from_db()
        assert (delivery.state, delivery.reason) == ("cancelled", "deleted")
    finally:  # before the end of the test, which looks at the foreign keys
        Delivery.objects.filter(pk=delivery.pk)._raw_delete("default")


def test_what_was_judged_is_released_or_cancelled_only_if_it_is_still_held() -> None:
    taken, left = (make_delivery(state="held", reason="broken") for _ in range(2))
    claimed = make_delivery(state="claimed")
    assert release_judged([taken.pk, claimed.pk], [left.pk], timezone.now()) == (1, 1)
    states = {delivery.pk: (delivery.state, delivery.reason) for delivery in Delivery.objects.all()}
    assert states == {
        taken.pk: ("pending", ""),
        left.pk: ("cancelled", "unmatched"),
        claimed.pk: ("claimed", ""),
    }


def test_only_what_is_held_as_broken_is_judged() -> None:
    subscriber = make_subscriber()
    held = make_delivery(subscriber, state="held", reason="broken")
    make_delivery(subscriber, state="held", reason="paused")
    make_delivery(state="held", reason="broken")
    assert [each.delivery_id for each in held_as_broken([subscriber.pk], limit=10)] == [held.pk]
    assert held_as_broken([], limit=10) == []
