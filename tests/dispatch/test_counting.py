"""What the counters say of the ledger: everything once, nothing twice, whoever counts and in whatever steps."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from dispatch import counting
from dispatch.counting import Folder, bucket_of, fold_attempts, result_class
from dispatch.ledger.counting import newest_attempt
from dispatch.models import Attempt, AttemptCounter, DelayCounter, Delivery, Event, EventCounter, Total
from dispatch.models.counter import BUCKET_BOUNDS_MS
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.dispatch.replays.carrying import make_past_event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("milliseconds", "bucket"),
    [(0.0, 0), (5.0, 0), (5.01, 1), (10.0, 1), (29_999.0, 11), (3_600_000.0, 14), (3_600_001.0, 15)],
)
def test_a_duration_belongs_to_the_first_bound_that_is_not_below(milliseconds: float, bucket: int) -> None:
    assert bucket_of(milliseconds) == bucket <= len(BUCKET_BOUNDS_MS)


@pytest.mark.parametrize(("result", "label"), [("204", "2xx"), ("503", "5xx"), ("dns", "dns"), ("tls", "tls")])
def test_results_are_put_into_few_classes(result: str, label: str) -> None:
    assert result_class(result) == label


def attempt(delivery: Delivery, number: int = 1, **fields: Any) -> Attempt:
    given: dict[str, Any] = {"started_at": timezone.now(), "method": "POST", "url": "http://x/", "request_headers": ""}
    return Attempt.objects.create(delivery=delivery, number=number, total_ms=12.0, **{**given, "status": 200, **fields})


def totals(name: str) -> dict[str, int]:
    return dict(Total.objects.filter(name=name).values_list("label", "count"))


def test_attempts_are_counted_by_minute_subscriber_topic_result_and_duration() -> None:
    shop, bill = make_subscriber(topic="a"), make_subscriber(topic="b")
    first = make_delivery(shop, make_event(topic="a"))
    second = make_delivery(bill, make_event(topic="b"))
    attempt(first, 1, status=500)
    attempt(first, 2, status=200)
    attempt(second, 1, status=None, error_kind="dns")
    assert fold_attempts(newest_attempt()) == 3
    found = {(row.subscriber_id, row.topic, row.result, row.bucket): row.count for row in AttemptCounter.objects.all()}
    assert found == {(shop.pk, "a", "500", 2): 1, (shop.pk, "a", "200", 2): 1, (bill.pk, "b", "dns", 2): 1}
    assert totals("attempts") == {"5xx": 1, "2xx": 1, "dns": 1}
    assert totals("attempt_milliseconds") == {"2": 3}


def test_what_arrived_is_counted_by_the_time_it_took_in_all() -> None:
    delivery = make_delivery(created_at=timedelta(seconds=-4))
    attempt(delivery, status=None, error_kind="reset")
    attempt(delivery, 2)
    fold_attempts(newest_attempt())
    assert [(row.topic, row.bucket, row.count) for row in DelayCounter.objects.all()] == [
        ("orders", bucket_of(4012), 1)
    ]
    assert totals("delay_milliseconds") == {str(bucket_of(4012)): 1}


def test_counting_goes_on_where_it_stopped_and_adds_to_what_is_there() -> None:
    delivery = make_delivery()
    moment = timezone.now()
    for number in range(1, 6):
        attempt(delivery, number, started_at=moment)
        assert fold_attempts(newest_attempt()) == 1
    assert fold_attempts(newest_attempt()) == 0
    [row] = AttemptCounter.objects.all()
    assert row.count == 5


def test_many_attempts_are_counted_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "CHUNK", 4)
    delivery = make_delivery()
    for number in range(1, 11):
        attempt(delivery, number)
    newest = newest_attempt()
    assert [fold_attempts(newest) for _ in range(4)] == [4, 4, 2, 0]
    assert totals("attempts") == {"2xx": 10}


def test_an_attempt_newer_than_the_bound_waits() -> None:
    delivery = make_delivery()
    attempt(delivery, 1)
    bound = newest_attempt()
    attempt(delivery, 2)
    assert fold_attempts(bound) == 1
    assert totals("attempts") == {"2xx": 1}


def test_a_folder_counts_only_what_it_saw_some_time_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(counting.time, "monotonic", lambda: clock[0])
    folder = Folder()
    delivery = make_delivery(event=make_past_event(timedelta(seconds=1)))
    attempt(delivery, 1)
    assert folder.fold() == 0
    attempt(delivery, 2)
    clock[0] = 5.0
    assert folder.fold() == 0
    clock[0] = 11.0
    assert folder.fold() == 1
    clock[0] = 22.0
    assert folder.fold() == 1


def test_two_processes_that_count_at_once_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    attempt(make_delivery())
    newest = newest_attempt()
    between = counting.ledger.attempts_between

    def overtaken(after: int, up_to: int, limit: int) -> Any:
        found = between(after, up_to, limit)
        monkeypatch.setattr(counting.ledger, "attempts_between", between)
        assert fold_attempts(newest) == 1
        return found

    monkeypatch.setattr(counting.ledger, "attempts_between", overtaken)
    assert fold_attempts(newest) == 0
    assert totals("attempts") == {"2xx": 1}


def test_events_are_counted_with_their_deliveries_by_topic_and_author() -> None:
    ago = timedelta(minutes=1)
    for topic, author, matched in [("a", "shop", 2), ("a", "shop", 0), ("a", "till", 1), ("b", "shop", 3)]:
        make_past_event(ago, topic=topic, author=author, matched=matched)
    assert Folder().fold() == 4
    found = {(row.topic, row.author): (row.events, row.deliveries) for row in EventCounter.objects.all()}
    assert found == {("a", "shop"): (2, 2), ("a", "till"): (1, 1), ("b", "shop"): (1, 3)}
    assert (totals("events"), totals("deliveries")) == ({"": 4}, {"": 6})
    assert Folder().fold() == 0


def test_an_event_is_counted_once_it_is_old_enough() -> None:
    make_past_event(timedelta(seconds=2))
    assert Folder().fold() == 0


def test_counting_waits_for_a_wide_event_but_not_for_ever() -> None:
    make_past_event(timedelta(minutes=5), matched=None, fan_out="pending")
    make_past_event(timedelta(minutes=4))
    assert Folder().fold() == 0
    Event.objects.filter(matched=None).update(received_at=timezone.now() - timedelta(minutes=11))
    assert Folder().fold() == 2
    assert Counter(totals("events").values()) == {2: 1}


def test_an_event_whose_id_tells_no_time_ends_the_count_of_no_other() -> None:
    make_event(id=UUID("ffffffff-0000-5000-8000-000000000000"))
    assert Folder().fold() == 0
    make_past_event(timedelta(seconds=20))
    assert Folder().fold() == 1
