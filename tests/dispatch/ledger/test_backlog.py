"""What waits for a subscriber is counted with a limit and settled in chunks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.ledger import backlog
from dispatch.models import Delivery
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def test_held_ones_are_counted_by_reason_up_to_the_limit() -> None:
    subscriber = make_subscriber()
    oldest = make_delivery(subscriber, state="held", reason="paused", created_at=timedelta(hours=-2))
    for reason in ("paused", "paused", "capped"):
        make_delivery(subscriber, state="held", reason=reason)
    make_delivery(state="held", reason="paused")
    assert backlog.count_held(subscriber.pk, "paused", 10) == (3, oldest.created_at)
    assert backlog.count_held(subscriber.pk, "paused", 2)[0] == 2
    assert backlog.count_held(subscriber.pk, "rate", 10) == (0, None)


def test_waiting_ones_of_several_are_counted_up_to_the_limit() -> None:
    first, second = make_subscriber(), make_subscriber()
    make_delivery(first)
    make_delivery(first, state="held", reason="paused")
    make_delivery(second, state="claimed")
    make_delivery(second, state="dead")
    make_delivery()
    assert backlog.count_waiting([first.pk, second.pk], 10) == 3
    assert backlog.count_waiting([first.pk, second.pk], 2) == 2


def test_only_what_waited_before_is_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "CHUNK", 2)
    held = make_deliveries(5, state="held", reason="paused", created_at=timezone.now())
    subscriber = held[0].subscriber
    due = [make_delivery(subscriber, created_at=timezone.now()) for _ in range(3)]
    others = [make_delivery(subscriber, state="claimed"), make_delivery(), make_delivery(state="held", reason="paused")]
    now = timezone.now()
    late = make_delivery(subscriber, state="held", reason="paused", created_at=timedelta(seconds=5))
    assert list(backlog.discard_waiting(subscriber.pk, now)) == [2, 1, 2, 2, 1]
    settled = Delivery.objects.filter(state="cancelled", reason="discarded", settled_at=now, queued_at=None)
    assert set(settled) == {*held, *due}
    assert set(Delivery.objects.waiting()) == {late, *others}


def test_all_that_waits_is_cancelled_but_what_is_being_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "CHUNK", 2)
    waiting = make_deliveries(3)
    subscriber = waiting[0].subscriber
    waiting += [make_delivery(subscriber, state="held", reason=reason) for reason in ("paused", "capped")]
    claimed, other = make_delivery(subscriber, state="claimed"), make_delivery()
    assert sum(backlog.cancel_waiting(subscriber.pk, timezone.now())) == 5
    assert set(Delivery.objects.filter(state="cancelled", reason="deleted")) == set(waiting)
    assert set(Delivery.objects.waiting()) == {claimed, other}
