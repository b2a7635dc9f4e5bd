"""How much a back-test looks at."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch import backtesting
from dispatch.backtesting import back_test
from dispatch.models import Event
from tests.dispatch.ledger.rows import make_event
from tests.dispatch.replays.carrying import make_past_event

pytestmark = pytest.mark.django_db


def test_only_the_newest_are_looked_at() -> None:
    events = [make_event() for _ in range(5)]
    found = back_test("orders", "", events=3)
    assert (found.looked_at, found.is_cut_short) == (3, False)
    assert found.taken.events == [event.pk for event in reversed(events[2:])]


@pytest.mark.parametrize("topic", ["orders", "*"])
def test_none_is_older_than_asked_for(topic: str) -> None:
    make_past_event(timedelta(hours=3))
    newer = make_past_event(timedelta(hours=1))
    found = back_test(topic, "", since=timezone.now() - timedelta(hours=2))
    assert found.taken.events == [newer.pk]


def test_more_events_than_a_window_are_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtesting, "WINDOW", 2)
    monkeypatch.setattr(backtesting, "MAX_BYTES", 30)
    for topic in ("order.a", "x", "order.b", "order.c", "x"):
        make_event(topic=topic)
    assert back_test("order.*", "").looked_at == 3
    assert back_test("*", "").looked_at == 5
    assert back_test("x", "").looked_at == 2


def test_no_more_ids_are_named_than_a_person_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtesting, "NAMED", 2)
    for _ in range(3):
        make_event()
    taken = back_test("orders", "").taken
    assert (taken.count, len(taken.events)) == (3, 2)


@pytest.mark.parametrize("topic", ["orders", "x*"])
def test_it_stops_when_its_time_is_over(topic: str) -> None:
    make_event()
    found = back_test(topic, "", seconds=-1.0)
    assert (found.looked_at, found.is_cut_short) == (0, True)


def test_a_saved_expression_that_is_broken_takes_nothing() -> None:
    make_event()
    found = back_test("orders", "", "data[")
    assert (found.gained.count, found.lost.count) == (1, 0)


def test_no_events_are_no_fault() -> None:
    Event.objects.all().delete()
    found = back_test("orders", "1 == 1", "")
    assert (found.looked_at, found.is_cut_short) == (0, False)
