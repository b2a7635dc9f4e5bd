"""What the dashboard says went through the hub: the counters' own numbers, each once."""

import math
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch.counting import Folder, fold_attempts
from dispatch.dashboard import traffic as module
from dispatch.dashboard.traffic import Sums, Traffic, stretches, traffic
from dispatch.ledger.counting import newest_attempt
from dispatch.models import AttemptCounter, EventCounter
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.dashboard.counters import QUICK, SLOW, arrived_within, published, tried
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.replays.carrying import make_past_event

pytestmark = pytest.mark.django_db

LONG = 60.0


def ago(**span: float) -> timedelta:
    return timedelta(**span)


def of(span: str, seconds: float = LONG) -> Traffic:
    return traffic(span, timezone.now(), seconds)


def test_events_and_deliveries_are_counted_apart_over_topics_and_authors() -> None:
    published(ago(minutes=5), events=2, deliveries=20)
    published(ago(minutes=5), events=1, deliveries=0, author="till")
    published(ago(minutes=30), events=4, deliveries=4, topic="stock")
    total = of("hour").total
    assert (total.events, total.deliveries) == (7, 24)


def test_an_hour_has_a_point_for_each_whole_minute() -> None:
    published(ago(minutes=5), events=3, deliveries=0)
    found = of("hour")
    at = (timezone.now() - ago(minutes=5)).replace(second=0, microsecond=0)
    assert {point.start: point.sums.events for point in found.points if point.sums.events} == {at: 3}
    assert 60 <= len(found.points) <= 70
    assert {point.minutes for point in found.points} == {1}


def test_a_day_has_a_point_for_ten_minutes() -> None:
    published(ago(hours=23), events=30, deliveries=0)
    found = of("day")
    assert [point.sums.events for point in found.points if point.sums.events] == [30]
    assert 144 <= len(found.points) <= 145


def test_what_is_older_than_the_span_is_not_counted() -> None:
    published(ago(hours=2), events=9, deliveries=9)
    assert of("hour").total.events == 0
    assert of("day").total.events == 9


def test_success_is_the_share_of_tries_that_arrived() -> None:
    subscriber = make_subscriber()
    assert of("hour").total.success_share is None
    tried(ago(minutes=3), subscriber, "200", 6)
    tried(ago(minutes=3), subscriber, "204", 3)
    tried(ago(minutes=3), subscriber, "503", 2)
    tried(ago(minutes=3), subscriber, "connect", 1)
    total = of("hour").total
    assert (total.arrived, total.failed, total.success_share) == (9, 3, 0.75)


def test_failures_are_grouped_by_subscriber_and_result_with_first_and_last() -> None:
    shop, bill = make_subscriber(), make_subscriber(topic="bills")
    first, last = tried(ago(minutes=40), shop, "503", 2), tried(ago(minutes=4), shop, "503", 3, topic="other")
    tried(ago(minutes=4), shop, "dns", 1)
    tried(ago(minutes=4), bill, "503", 9)
    found = of("hour").failures
    assert {key: failing.count for key, failing in found.items()} == {
        (bill.pk, "503"): 9,
        (shop.pk, "503"): 5,
        (shop.pk, "dns"): 1,
    }
    assert next(iter(found)) == (bill.pk, "503"), "the most frequent first"
    assert (found[shop.pk, "503"].first, found[shop.pk, "503"].last) == (first.minute, last.minute)


def test_latency_is_the_bound_below_which_so_many_arrived() -> None:
    arrived_within(ago(minutes=2), QUICK, 98)
    arrived_within(ago(minutes=2), SLOW, 2)
    total = of("hour").total
    assert (total.within_ms(0.5), total.within_ms(0.98), total.within_ms(0.99)) == (10, 10, 60_000)
    assert Sums().within_ms(0.5) is None
    arrived_within(ago(minutes=3), 15, 1_000)
    assert math.isinf(of("hour").total.within_ms(0.5) or 0)


def test_the_ledger_as_it_is_folded_is_what_is_shown() -> None:
    delivery = make_delivery(event=make_past_event(ago(minutes=2), matched=1))
    make_attempt(delivery, number=1, status=500)
    make_attempt(delivery, number=2, status=200)
    Folder().fold()
    fold_attempts(newest_attempt())
    found = of("hour")
    total = found.total
    assert (total.events, total.deliveries, total.arrived, total.failed, total.delays.total()) == (1, 1, 1, 1, 1)
    assert list(found.failures) == [(delivery.subscriber_id, "500")]


def test_what_is_over_and_counted_is_read_once() -> None:
    published(ago(hours=3), events=5, deliveries=5)
    assert of("day").total.events == 5
    EventCounter.objects.update(events=6)
    assert of("day").total.events == 5
    with CaptureQueriesContext(connection) as captured:
        of("day")
    assert len(captured) <= 10


def test_what_may_still_be_counted_is_read_anew() -> None:
    row = published(ago(minutes=8), events=5, deliveries=5)
    assert of("hour").total.events == 5
    EventCounter.objects.filter(pk=row.pk).update(events=6)
    assert of("hour").total.events == 6


def test_the_past_is_read_anew_while_the_count_is_behind_it() -> None:
    make_past_event(ago(hours=5))
    published(ago(hours=3), events=5, deliveries=5)
    assert of("day").total.events == 5
    EventCounter.objects.update(events=6)
    assert of("day").total.events == 6


def test_a_past_too_long_to_read_at_once_is_read_bit_by_bit_and_told() -> None:
    published(ago(hours=23), events=5, deliveries=5)
    found = of("day", seconds=0)
    assert timedelta(hours=22) < found.missing < timedelta(hours=24)
    assert found.total.events == 0
    assert 0 < len(found.points) <= 6
    looks = 1
    while found.missing:
        found, looks = of("day", seconds=0), looks + 1
        assert looks < 100, "it does not end"
    assert found.total.events == 5


def test_the_number_of_statements_does_not_depend_on_the_number_of_rows() -> None:
    counts = []
    for round_ in range(2):
        for place in range(10):
            subscriber = make_subscriber()
            tried(ago(minutes=5 + round_), subscriber, f"50{place % 5}", 1)
            published(ago(minutes=5 + round_), 1, 1, topic=f"topic-{place}")
        stretches.forget()
        with CaptureQueriesContext(connection) as captured:
            of("hour")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 15
    assert AttemptCounter.objects.count() == 20


def test_no_more_is_remembered_than_a_day_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    of("day")
    assert 130 < len(module.stretches._known) <= 160
