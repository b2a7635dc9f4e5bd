"""What is judged to be wrong, and what is not."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from dispatch.alerts import conditions
from dispatch.alerts.conditions import judge
from dispatch.failing import GONE, TAKEN_NOTHING
from dispatch.models import Consumer, Health
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def keys() -> list[str]:
    return [each.key for each in judge(timezone.now()).conditions]


def failing(minutes: int, **fields: object) -> Subscriber:
    subscriber = make_subscriber(**fields)
    Health.objects.create(subscriber=subscriber, failing_since=timezone.now() - timedelta(minutes=minutes))
    return subscriber


def test_nothing_is_wrong_with_an_idle_hub() -> None:
    assert keys() == []


def test_subscriber_that_fails_for_long_is_told_of_and_one_that_has_just_begun_is_not() -> None:
    failing(1)
    subscriber = failing(11, name="billing")
    (condition,) = judge(timezone.now()).conditions
    assert condition.key == f"failing:{subscriber.pk}"
    assert condition.sentence.startswith(f"Subscriber {subscriber.pk}, billing has failed every request since ")


@pytest.mark.parametrize("reason", [GONE, f"{TAKEN_NOTHING}2026-01-01 00:00 UTC, for more than 5 days."])
def test_subscriber_that_the_hub_has_paused_is_told_of(reason: str) -> None:
    subscriber = make_subscriber()
    Subscriber.objects.filter(pk=subscriber.pk).pause(reason)
    (condition,) = judge(timezone.now()).conditions
    assert condition.key == f"paused:{subscriber.pk}"
    assert reason in condition.sentence


def test_subscriber_that_a_person_has_paused_or_deleted_concerns_nobody() -> None:
    failing(60)
    Subscriber.objects.all().pause("It moves to another host.")
    assert keys() == []
    gone = failing(60)
    gone.delete()
    assert keys() == []


def test_late_delivery_is_told_of_and_so_is_that_no_consumer_makes_progress() -> None:
    make_delivery(due_at=timedelta(seconds=-299))
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=1)
    assert keys() == []
    make_delivery(due_at=timedelta(seconds=-301))
    assert keys() == ["backlog"]
    Consumer.objects.update(progressed_at=timezone.now() - timedelta(minutes=1))
    assert keys() == ["backlog", "stalled"]


def test_deliveries_that_died_lately_are_one_alert_that_names_whose_they_were() -> None:
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(minutes=-11))
    assert keys() == []
    for name in ("a", "b", "c", "d"):
        make_delivery(make_subscriber(name=name), state="dead", reason="exhausted")
    (condition,) = judge(timezone.now()).conditions
    assert condition.key == "dead"
    assert condition.sentence.startswith("4 deliveries were given up since ")
    assert "for a, b, c and 1 more subscribers." in condition.sentence


def test_of_more_than_can_be_listed_absence_says_nothing(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(conditions, "LISTED", 2)
    oldest = [failing(90), failing(80)]
    failing(70)
    judgement = judge(timezone.now())
    assert [each.subscriber_id for each in judgement.conditions] == [each.pk for each in oldest]
    assert judgement.crowded == {"failing"}
