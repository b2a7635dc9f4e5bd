"""A new subscriber gets past events: those that its filter takes, each once, beside those that it has."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dispatch import fan_out
from dispatch.identifiers import new_id
from dispatch.ledger.examining import miscounted_events
from dispatch.models import Delivery, Event, Replay
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.replaying import SUBSCRIBER_DELETED
from dispatch.replays import backfilling, requesting
from dispatch.replays.backfilling import HAS_IT, NOT_TAKEN
from dispatch.replays.requesting import ReplayRefusedError, backfill_wish, request
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.dispatch.replays.carrying import carry_out, make_past_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requesting, "KNOWN_WITHIN", timedelta())
    monkeypatch.setattr(backfilling, "COMMIT_GRACE", timedelta())
    monkeypatch.setattr(backfilling, "EVENTS", 3)


def make_past_events(count: int, **fields: Any) -> list[Event]:
    return [make_past_event(timedelta(minutes=60 - number), **fields) for number in range(count)]


def ask(subscriber: Subscriber, hours: int = 2, **more: Any) -> Replay:
    return request(backfill_wish(subscriber, timezone.now() - timedelta(hours=hours), **more), "tests")


def received(subscriber: Subscriber) -> list[Any]:
    return sorted(Delivery.objects.filter(subscriber=subscriber).values_list("event_id", flat=True))


def test_past_events_become_ordinary_deliveries() -> None:
    events = make_past_events(7)
    make_past_events(2, topic="others")
    make_past_event(timedelta(hours=3))
    subscriber = make_subscriber()
    done = carry_out(ask(subscriber))
    assert received(subscriber) == [event.pk for event in events]
    assert (done.status, done.done, done.total, done.refused) == ("done", 7, 7, {})
    assert set(done.deliveries.values_list("state", "replay_of")) == {("pending", None)}


@pytest.mark.parametrize(("topic", "taken"), [("order.*", ["order.created", "order.paid"]), ("*", None)])
def test_a_pattern_takes_the_past_events_of_all_its_topics(topic: str, taken: list[str] | None) -> None:
    topics = ["order.created", "Order.created", "bill.order.x", "order.paid", "order"]
    for name in topics:
        make_past_events(1, topic=name)
    subscriber = make_subscriber(topic=topic)
    carry_out(ask(subscriber))
    found = Delivery.objects.filter(subscriber=subscriber).values_list("event__topic", flat=True)
    assert sorted(found) == sorted(taken or topics)


def test_its_filter_decides() -> None:
    make_past_events(2)
    wanted = make_past_event(timedelta(minutes=5), payload='{"body": {"total": 500}}')
    subscriber = make_subscriber(filter_expression='data["body"]["total"] > 400')
    done = carry_out(ask(subscriber))
    assert received(subscriber) == [wanted.pk]
    assert (done.done, done.refused) == (1, {NOT_TAKEN: 2})


def test_what_it_has_is_not_doubled() -> None:
    events = make_past_events(5)
    subscriber = make_subscriber()
    make_delivery(subscriber, events[1], state="delivered")
    done = carry_out(ask(subscriber))
    assert received(subscriber) == [event.pk for event in events]
    assert (done.done, done.refused) == (4, {HAS_IT: 1})
    again = carry_out(ask(subscriber))
    assert (again.done, again.refused) == (0, {HAS_IT: 5})


def test_what_comes_after_the_wish_is_left_to_the_publish() -> None:
    subscriber = make_subscriber()
    replay = ask(subscriber)
    make_event()
    assert carry_out(replay).done == 0


def test_what_a_publisher_stores_that_does_not_know_the_subscriber_yet_is_past_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requesting, "KNOWN_WITHIN", timedelta(minutes=1))
    subscriber = make_subscriber()
    replay = ask(subscriber)
    unknowing = make_event()
    time.sleep(0.002)  # ids tell times by milliseconds
    assert (carry_out(replay).status, received(subscriber)) == ("running", [unknowing.pk])


def test_an_event_that_may_not_be_committed_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfilling, "COMMIT_GRACE", timedelta(seconds=30))
    subscriber = make_subscriber()
    old, _ = make_past_event(timedelta(minutes=1)), make_past_event(timedelta(seconds=1))
    waiting = carry_out(ask(subscriber))
    assert (waiting.status, received(subscriber)) == ("running", [old.pk])
    monkeypatch.setattr(backfilling, "COMMIT_GRACE", timedelta())
    assert (carry_out(waiting).status, waiting.done) == ("done", 2)


def test_an_event_whose_own_deliveries_are_being_written_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "CHUNK", 2)
    before = make_past_event(timedelta(minutes=6), matched=0)
    subscribers = [make_subscriber() for _ in range(3)]
    wide = make_past_event(timedelta(minutes=5), fan_out="pending", matched=None)
    after = make_past_event(timedelta(minutes=4), matched=0)
    embedded = EmbeddedQueue(new_id())
    assert fan_out.advance(wide.pk, embedded)

    waiting = carry_out(ask(subscribers[-1]))
    assert (waiting.status, received(subscribers[-1])) == ("running", [before.pk])
    assert not fan_out.advance(wide.pk, embedded)
    assert (carry_out(waiting).status, received(subscribers[-1])) == ("done", [before.pk, wide.pk, after.pk])

    wide.refresh_from_db()
    assert (wide.matched, waiting.refused) == (3, {HAS_IT: 1})
    assert miscounted_events(timezone.now()) == 0


@pytest.mark.parametrize(
    ("fields", "reason"), [({"state": "paused"}, "paused"), ({"filter_expression": "import os"}, "broken")]
)
def test_for_one_that_cannot_take_them_they_are_held(fields: dict[str, str], reason: str) -> None:
    make_past_events(2)
    subscriber = make_subscriber(**fields)
    carry_out(ask(subscriber))
    assert set(Delivery.objects.values_list("state", "reason")) == {("held", reason)}


def test_a_deleted_subscriber_ends_it() -> None:
    make_past_events(2)
    subscriber = make_subscriber()
    replay = ask(subscriber)
    subscriber.delete()
    done = carry_out(replay)
    assert (done.status, done.refused) == ("done", {SUBSCRIBER_DELETED: 1})
    assert not Delivery.objects.exists()


def test_large_payloads_come_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfilling, "MAX_BYTES", 100)
    events = [make_past_event(timedelta(minutes=9 - each), size=90) for each in range(4)]
    subscriber = make_subscriber()
    replay = ask(subscriber)
    assert backfilling._events(replay, timezone.now()) == ([events[0].pk], False)
    assert carry_out(replay).done == 4


def test_a_rate_counts_what_is_sent_and_not_what_is_looked_at() -> None:
    make_past_events(6)
    wanted = [make_past_event(timedelta(minutes=5 - each), payload='{"body": {"total": 500}}') for each in range(2)]
    subscriber = make_subscriber(filter_expression='data["body"]["total"] > 400')
    replay = carry_out(ask(subscriber, rate_per_second=0.1))
    assert (received(subscriber), replay.status) == ([wanted[0].pk], "running")
    assert replay.left_out == 6


def test_a_start_in_the_future_is_refused() -> None:
    with pytest.raises(ReplayRefusedError, match="empty"):
        backfill_wish(make_subscriber(), timezone.now() + timedelta(hours=1))
