"""Counts and windows: exact, bounded, and of those that are wished alone."""

import re
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch import replaying
from dispatch.identifiers import new_id
from dispatch.models import Delivery, Replay
from dispatch.replaying import replay
from dispatch.replays import selecting
from dispatch.replays.requesting import wish
from dispatch.replays.selecting import Count, count, count_replayable, next_window
from subscribers.models import Subscriber
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.replays.carrying import ask, carry_out, make_past_delivery, make_settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def billing() -> Subscriber:
    """Has two dead and three delivered ones on orders, and a dead one on invoices; another has four dead ones."""
    subscriber = make_subscriber(name="billing")
    make_settled(2, subscriber)
    make_settled(3, subscriber, "delivered")
    make_settled(1, subscriber, topic="invoices")
    make_settled(4, make_subscriber())
    return subscriber


CRITERIA = [
    pytest.param({"state": "dead"}, False, 7, id="state"),
    pytest.param({}, True, 6, id="subscriber"),
    pytest.param({"state": "dead"}, True, 3, id="subscriber and state"),
    pytest.param({"topic": "orders"}, False, 9, id="topic"),
    pytest.param({"topic": "orders", "state": "dead"}, False, 6, id="topic and state"),
    pytest.param({"topic": "invoices"}, True, 1, id="topic and subscriber"),
    pytest.param({"topic": "nobody"}, False, 0, id="unknown topic"),
    pytest.param({"state": "cancelled"}, True, 0, id="none in the state"),
]


def wished(subscriber: Subscriber, criteria: dict[str, Any], is_of_it: bool) -> Replay:
    return wish(subscriber=subscriber if is_of_it else None, **criteria)


@pytest.mark.parametrize(("criteria", "is_of_it", "number"), CRITERIA)
def test_count_is_that_of_all_criteria_together(
    billing: Subscriber, criteria: dict[str, Any], is_of_it: bool, number: int
) -> None:
    assert count(wished(billing, criteria, is_of_it)) == Count(number, is_exact=True)


@pytest.mark.parametrize(("criteria", "is_of_it", "number"), CRITERIA)
@pytest.mark.parametrize("size", [2, 1_000])
def test_windows_find_each_of_them_once(
    billing: Subscriber,
    criteria: dict[str, Any],
    is_of_it: bool,
    number: int,
    size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selecting, "WINDOW", size)
    replay, cursor, found = wished(billing, criteria, is_of_it), None, []
    for _ in range(30):
        window = next_window(replay, cursor, limit=3)
        assert len(window.ids) <= 3
        found += window.ids
        cursor = window.cursor
        if window.is_last:
            break
    assert window.is_last
    assert len(found) == len(set(found)) == number
    assert found == sorted(found)


def test_only_settled_ones_are_found(billing: Subscriber) -> None:
    Delivery.objects.filter(subscriber=billing, state="dead").update(state="pending", settled_at=None)
    replay = wish(subscriber=billing)
    assert count(replay).number == len(next_window(replay, None, 100).ids) == 3


def test_a_time_span_is_that_in_which_they_were_made() -> None:
    subscriber = make_subscriber()
    ages = [timedelta(hours=hours) for hours in (1, 3, 5)]
    old = [make_past_delivery(age, subscriber, state="dead") for age in ages]
    now = timezone.now()
    replay = wish(since=now - timedelta(hours=4), until=now - timedelta(hours=2))
    assert next_window(replay, None, 100).ids == [old[1].pk]
    assert count(replay) == Count(1, is_exact=True)
    assert count(wish(since=now - timedelta(hours=4))).number == 2
    assert count(wish(until=now - timedelta(hours=2))).number == 2


def test_what_is_made_after_the_wish_is_not_part_of_it(billing: Subscriber) -> None:
    replay = wish(state="dead")
    time.sleep(0.002)  # ids tell times by milliseconds
    make_settled(1, billing)
    assert len(next_window(replay, None, 100).ids) == 7


def test_beyond_its_reach_a_count_says_so(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "COUNTED", 5)
    assert str(count(wish(state="dead"))) == "5+"
    assert count(wish(state="dead")).total is None
    assert count(wish(subscriber=billing, state="dead")) == Count(3, is_exact=True)


def test_a_count_looks_at_a_bounded_number_of_rows(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "LOOKED_AT", 2)
    monkeypatch.setattr(selecting, "EVENTS", 2)
    found = count(wish(subscriber=billing, topic="orders"))
    assert not found.is_exact
    assert found.number <= 2
    assert str(found).startswith("at least ")


def test_a_topic_with_more_events_than_are_looked_at_is_not_told_as_exact(
    billing: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selecting, "EVENTS", 4)
    assert count(wish(topic="orders")) == Count(4, is_exact=False)
    assert count(wish(topic="invoices")) == Count(1, is_exact=True)


def test_a_replay_of_an_old_event_is_counted_by_the_time_it_was_made() -> None:
    old = make_past_delivery(timedelta(days=3), make_subscriber(), state="dead")
    [again] = replay([old.pk]).deliveries
    Delivery.objects.filter(pk=again.pk).update(state="dead", settled_at=timezone.now())
    replay_wish = wish(topic="orders", since=timezone.now() - timedelta(hours=1))
    assert count(replay_wish) == Count(1, is_exact=True)
    assert next_window(replay_wish, None, 10).ids == [again.pk]


@pytest.mark.parametrize(("criteria", "is_of_it", "number"), CRITERIA)
def test_every_query_of_rows_has_a_limit(
    billing: Subscriber, criteria: dict[str, Any], is_of_it: bool, number: int
) -> None:
    replay = wished(billing, criteria, is_of_it)
    with CaptureQueriesContext(connection) as captured:
        count(replay)
        count_replayable(replay)
        next_window(replay, None, 100)
    reading = [each["sql"] for each in captured if re.search(r'FROM "?delivery', each["sql"])]
    assert len(reading) >= 2
    assert all("LIMIT" in sql for sql in reading)


@pytest.fixture
def failures() -> Subscriber:
    """Deliveries of a subscriber that ended in different ways, and one of another."""
    subscriber = make_subscriber(name="crm")
    settled = {"state": "dead", "reason": "exhausted", "attempts": 2}
    for status in (503, 503, 500, 404):
        delivery = make_delivery(subscriber, last_status=status, **settled)
        make_attempt(delivery, number=1, status=None, error_kind="connect")
        make_attempt(delivery, number=2, status=status)
    for kinds in (("tls", "connect"), ("connect", "connect"), ("connect", "tls")):
        delivery = make_delivery(subscriber, **settled)
        for number, kind in enumerate(kinds, start=1):
            make_attempt(delivery, number=number, status=None, error_kind=kind)
    make_delivery(subscriber, state="dead", reason="permanent")
    make_delivery(subscriber, state="cancelled", reason="operator")
    make_delivery(make_subscriber(), state="dead", reason="gone", last_status=410)
    return subscriber


@pytest.mark.parametrize(
    ("criteria", "number"),
    [
        pytest.param({"statuses": (503, 503)}, 2, id="a status"),
        pytest.param({"statuses": (500, 599)}, 3, id="all of a kind"),
        pytest.param({"statuses": (200, 299)}, 0, id="none of a kind"),
        pytest.param({"error": "connect"}, 2, id="the last attempt's error"),
        pytest.param({"error": "tls", "state": "dead"}, 1, id="error and state"),
        pytest.param({"error": "unsent", "state": "dead"}, 1, id="not sent"),
        pytest.param({"error": "unsent", "reason": "exhausted"}, 0, id="sent, all of them"),
        pytest.param({"error": "connect", "statuses": (503, 503)}, 0, id="what excludes each other"),
        pytest.param({"reason": "exhausted"}, 7, id="reason"),
        pytest.param({"reason": "exhausted", "statuses": (400, 499)}, 1, id="reason and status"),
        pytest.param({"reason": "operator", "state": "dead"}, 0, id="a reason of another state"),
        pytest.param({"reason": "exhausted", "topic": "orders"}, 7, id="reason and topic"),
    ],
)
@pytest.mark.parametrize("is_of_it", [True, False])
def test_reason_status_and_error_narrow_counts_and_windows_alike(
    failures: Subscriber, criteria: dict[str, Any], number: int, is_of_it: bool
) -> None:
    replay = wished(failures, criteria, is_of_it)
    assert count(replay) == count_replayable(replay) == Count(number, is_exact=True)
    assert len(next_window(replay, None, 100).ids) == number


def test_of_what_narrows_a_rare_combination_a_count_says_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "LOOKED_AT", 3)
    for status in (500, 404, 404, 404, 500):
        make_delivery(state="dead", last_status=status)
    found = count(wish(statuses=(500, 599)))
    assert not found.is_exact
    assert found.total is None


def replay_of(first: Delivery | UUID, subscriber: Subscriber, **fields: Any) -> Delivery:
    """A replay of the first delivery, which may be gone."""
    first_id = first if isinstance(first, UUID) else first.pk
    return make_delivery(subscriber, replay_of_id=first_id, **fields)


@pytest.fixture
def replayed_before() -> Subscriber:
    """Dead, delivered and cancelled deliveries, of which earlier replays have taken some."""
    subscriber = make_subscriber(name="billing")
    dead = make_settled(7, subscriber)
    for first, state in zip(dead, ("pending", "claimed", "delivered", "dead", "cancelled"), strict=False):
        replay_of(first, subscriber, state=state)
    replay_of(dead[5], subscriber, state="held", reason="paused")
    [delivered, other] = make_settled(2, subscriber, "delivered")
    replay_of(delivered, subscriber, state="delivered")
    replay_of(other, subscriber, state="pending")
    [cancelled] = make_settled(1, subscriber, "cancelled")
    replay_of(cancelled, subscriber, state="delivered")
    gone = new_id()
    replay_of(gone, subscriber, state="dead")
    replay_of(gone, subscriber, state="dead")
    deleted = make_subscriber()
    make_settled(2, deleted)
    deleted.delete()
    return subscriber


@pytest.mark.parametrize(
    ("criteria", "is_of_it", "number", "matching"),
    [
        pytest.param({"state": "dead"}, True, 4, 10, id="dead"),
        pytest.param({"state": "dead"}, False, 4, 12, id="dead, of all"),
        pytest.param({"state": "delivered"}, True, 3, 5, id="delivered"),
        pytest.param({"state": "cancelled"}, True, 1, 2, id="cancelled"),
        pytest.param({}, True, 7, 17, id="any state"),
        pytest.param({"topic": "orders", "state": "dead"}, False, 4, 12, id="topic"),
        pytest.param({"topic": "orders"}, True, 7, 17, id="topic and subscriber"),
    ],
)
def test_a_count_beforehand_is_that_of_what_is_then_taken(
    replayed_before: Subscriber, criteria: dict[str, Any], is_of_it: bool, number: int, matching: int
) -> None:
    wished = {"subscriber": replayed_before if is_of_it else None, **criteria}
    told = count_replayable(wish(**wished))
    asked = carry_out(ask(**wished))
    assert told == Count(number, is_exact=True)
    assert (asked.done, asked.left_out, asked.total) == (number, matching - number, matching)
    assert count_replayable(wish(**wished)).number == 0


@pytest.mark.parametrize("state", ["dead", "delivered", "cancelled"])
def test_a_count_of_named_ones_is_that_of_what_is_then_taken(replayed_before: Subscriber, state: str) -> None:
    ids = sorted(Delivery.objects.filter(state=state).values_list("pk", flat=True))
    told = replaying.count_replayable(ids)
    assert told == len(replay(ids).deliveries) > 0


def test_beyond_its_reach_such_a_count_says_so(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "COUNTED", 5)
    assert str(count_replayable(wish(state="dead"))) == "5+"
    [first, *others] = make_settled(6, make_subscriber(name="crm"))
    Delivery.objects.filter(pk__in=[each.pk for each in others]).update(replay_of=first)
    found = count_replayable(wish(subscriber=first.subscriber))
    assert found == Count(1, is_exact=False), "of six rows that were looked at, one first delivery"
    assert str(found) == "at least 1"


def test_such_a_count_looks_at_a_bounded_number_of_rows(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "LOOKED_AT", 2)
    found = count_replayable(wish(state="dead"))
    assert found == Count(2, is_exact=False)
