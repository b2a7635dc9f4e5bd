"""The end of a pause, and of a subscriber: what waits is sent, or settled with a reason."""

from datetime import timedelta

import pytest

from dispatch import resuming
from dispatch.models import Delivery
from dispatch.resuming import Resumed, backlog, resume, settle_deleted, waiting
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def held(subscriber: Subscriber, count: int = 1) -> list[Delivery]:
    return [make_delivery(subscriber, state="held", reason="paused") for _ in range(count)]


def test_backlog_tells_how_many_by_reason_and_since_when() -> None:
    subscriber = make_subscriber(state="paused")
    held(subscriber, 2)
    oldest = make_delivery(subscriber, state="held", reason="broken", created_at=timedelta(days=-1))
    found = backlog(subscriber.pk)
    assert (found.counts, found.count, found.since) == ({"paused": 2, "broken": 1}, 3, oldest.created_at)
    assert backlog(make_subscriber().pk).since is None


def test_resuming_sends_what_was_held() -> None:
    subscriber = make_subscriber(state="paused", state_reason="it rests")
    [delivery] = held(subscriber)
    assert resume(Subscriber.objects.all()) == Resumed(1)
    subscriber.refresh_from_db()
    delivery.refresh_from_db()
    assert (subscriber.state, subscriber.state_reason) == ("active", "")
    assert delivery.state == "held", "the reconciler releases it"


def test_resuming_discards_what_was_held_if_told() -> None:
    subscriber = make_subscriber(state="paused")
    deliveries = [
        *held(subscriber, 3),
        make_delivery(subscriber),
        make_delivery(subscriber, due_at=timedelta(hours=1), failures=1),
    ]
    [other] = held(make_subscriber(state="paused"))
    assert resume(Subscriber.objects.filter(pk=subscriber.pk), discard=True) == Resumed(1, discarded=5)
    assert set(Delivery.objects.filter(state="cancelled", reason="discarded")) == set(deliveries)
    assert list(Delivery.objects.held()) == [other]


def test_it_is_discarded_before_anything_can_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber = make_subscriber(state="paused")
    held(subscriber)
    seen = []
    discard = resuming.discard_waiting

    def watched(*arguments: object) -> object:
        seen.append(Subscriber.objects.get(pk=subscriber.pk).state)
        yield from discard(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(resuming, "discard_waiting", watched)
    resume(Subscriber.objects.all(), discard=True)
    assert seen == ["paused"]


def test_of_one_that_is_not_paused_nothing_is_discarded() -> None:
    subscriber = make_subscriber()
    held(subscriber)
    assert resume(Subscriber.objects.all(), discard=True) == Resumed(0)
    assert Delivery.objects.held().count() == 1


def test_what_waits_for_deleted_ones_is_cancelled() -> None:
    subscriber = make_subscriber()
    make_delivery(subscriber)
    held(subscriber)
    subscriber.delete()
    assert settle_deleted([subscriber.pk]) == 2
    assert set(Delivery.objects.values_list("state", "reason")) == {("cancelled", "deleted")}


def test_waiting_ones_are_told_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber = make_subscriber()
    held(subscriber, 4)
    assert (waiting([subscriber.pk]), waiting([])) == ("4", "0")
    monkeypatch.setattr(resuming, "COUNTED", 3)
    assert waiting([subscriber.pk]) == "3+"
