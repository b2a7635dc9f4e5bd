"""What is held for a pause or a broken filter, or waits for a deleted subscriber, is settled or released in time."""

from typing import Any

import pytest
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.models import Delivery
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.reconciliation import Findings, Reconciler, reconcile
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.dispatch.reconciling import reconcile_embedded

pytestmark = pytest.mark.django_db

#: Nobody in the database has this filter's form; plain SQL brings it in.
BROKEN = "import os"


@pytest.mark.parametrize(
    ("change", "findings", "state"),
    [
        pytest.param({"state": "active"}, Findings(released=1), "pending", id="resumed"),
        pytest.param({"deleted_at": timezone.now()}, Findings(cancelled=1), "cancelled", id="deleted"),
        pytest.param({}, Findings(), "held", id="still paused"),
    ],
)
def test_what_a_pause_held_is_settled_or_released_when_it_ends(
    change: dict[str, Any], findings: Findings, state: str
) -> None:
    delivery = make_delivery(make_subscriber(state="paused"), state="held", reason="paused")
    Subscriber.objects.filter(pk=delivery.subscriber_id).update(**change)
    assert reconcile_embedded() == findings
    delivery.refresh_from_db()
    assert delivery.state == state


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        pytest.param({}, "held", "broken", id="still broken"),
        pytest.param({"filter_expression": ""}, "pending", "", id="mended, takes all"),
        pytest.param({"filter_expression": 'data["body"]["total"] == 150'}, "pending", "", id="mended, takes it"),
        pytest.param(
            {"filter_expression": 'data["body"]["total"] == 1'}, "cancelled", "unmatched", id="mended, does not take it"
        ),
        pytest.param({"deleted_at": timezone.now()}, "cancelled", "deleted", id="deleted"),
    ],
)
def test_what_a_broken_filter_held_is_judged_by_the_mended_one(change: dict[str, Any], state: str, reason: str) -> None:
    delivery = make_delivery(make_subscriber(filter_expression=BROKEN), state="held", reason="broken")
    Subscriber.objects.filter(pk=delivery.subscriber_id).update(**change)
    reconcile_embedded()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (state, reason)
    assert (delivery.settled_at is not None) == (state == "cancelled")


def test_what_was_held_of_a_damaged_event_is_due_and_keeps_no_other_from_being_judged() -> None:
    mended = make_subscriber(filter_expression="")
    damaged = make_delivery(mended, make_event(payload='{"body": {"to'), state="held", reason="broken")
    healthy = make_delivery(mended, state="held", reason="broken")
    reconcile(EmbeddedQueue(None))
    assert set(Delivery.objects.filter(state="pending")) == {damaged, healthy}


def test_many_held_for_a_filter_that_stays_broken_do_not_block_those_of_a_mended_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dispatch.judging.CHUNK", 3)
    broken, mended = make_subscriber(filter_expression=BROKEN), make_subscriber(filter_expression="")
    for _ in range(5):
        make_delivery(broken, state="held", reason="broken")
    delivery = make_delivery(mended, state="held", reason="broken")
    reconcile_embedded()
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert Delivery.objects.held().count() == 5


def test_one_pass_does_chunk_after_chunk_as_long_as_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.ledger.releasing.CHUNK", 2)
    monkeypatch.setattr("dispatch.judging.CHUNK", 2)
    deleted = make_subscriber(deleted_at=timezone.now())
    resumed, mended = make_subscriber(), make_subscriber(filter_expression='data["body"]["total"] > 100')
    for _ in range(5):
        make_delivery(deleted)
        make_delivery(resumed, state="held", reason="paused")
        make_delivery(mended, state="held", reason="broken")
    assert reconcile_embedded() == Findings(released=10, cancelled=5)


def test_a_pass_without_time_does_a_chunk_of_each_and_leaves_the_rest_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dispatch.ledger.releasing.CHUNK", 2)
    deleted = make_subscriber(deleted_at=timezone.now())
    for _ in range(5):
        make_delivery(deleted)
    assert reconcile(EmbeddedQueue(new_id()), seconds=-1) == Findings(cancelled=2)
    assert reconcile_embedded() == Findings(cancelled=3)


def test_what_waits_for_subscribers_is_looked_at_when_one_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.reconciliation.SETTLE_SECONDS", 0.0)
    reconciler = Reconciler(EmbeddedQueue(new_id()))
    subscriber = make_subscriber()
    assert reconciler.run() == Findings()
    make_delivery(subscriber, state="held", reason="paused")
    assert reconciler.run() == Findings(), "nothing has changed: it looks again in a while"
    Subscriber.objects.filter(pk=subscriber.pk).update(retry_limit=7)
    monkeypatch.setattr("dispatch.reconciliation.SETTLE_SECONDS", 20.0)
    assert reconciler.run() == Findings(released=1)
    make_delivery(subscriber, state="held", reason="paused")
    assert reconciler.run() == Findings(released=1), "a publish that was under way may have stored it late"


def test_what_a_publish_stores_as_paused_long_after_the_resume_is_found_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.reconciliation.SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("dispatch.reconciliation.LOOK_AT_PAUSED_EVERY_SECONDS", 0.0)
    reconciler = Reconciler(EmbeddedQueue(new_id()))
    subscriber, paused = make_subscriber(), make_subscriber(state="paused")
    make_delivery(paused, state="held", reason="paused")
    assert reconciler.run() == Findings()
    make_delivery(subscriber, state="held", reason="capped")
    assert reconciler.run() == Findings()
    make_delivery(subscriber, state="held", reason="paused")
    assert reconciler.run() == Findings(released=1)


def test_a_reconciler_goes_on_with_what_one_pass_could_not_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.reconciliation.SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("dispatch.ledger.releasing.CHUNK", 2)
    deleted = make_subscriber(deleted_at=timezone.now())
    for _ in range(5):
        make_delivery(deleted)
    reconciler = Reconciler(EmbeddedQueue(new_id()))
    assert [reconciler.run(seconds=-1).cancelled for _ in range(4)] == [2, 2, 1, 0]
