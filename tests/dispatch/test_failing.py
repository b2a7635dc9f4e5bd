"""A subscriber that takes nothing for days is paused, and begins anew when it is resumed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from dispatch.identifiers import new_id
from dispatch.models import AttemptCounter, Health
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.reconciliation import Findings, reconcile
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db


def make_failing(days: float, tried_at: datetime | None = None, **fields: Any) -> Subscriber:
    subscriber = make_subscriber(**fields)
    now = timezone.now()
    Health.objects.create(
        subscriber=subscriber,
        failing_since=now - timedelta(days=days),
        breaker="open",
        cause="failures",
        open_until=now + timedelta(minutes=10),
        opened_in_a_row=9,
        rate_due_at=now,
    )
    make_tries(subscriber, tried_at or now)
    return subscriber


def make_tries(subscriber: Subscriber, at: datetime, result: str = "500") -> None:
    minute = at.replace(second=0, microsecond=0)
    AttemptCounter.objects.create(
        subscriber=subscriber, minute=minute, topic=subscriber.topic, result=result, bucket=3, count=2
    )


def reconcile_embedded() -> Findings:
    return reconcile(EmbeddedQueue(new_id()))


@pytest.mark.parametrize(
    ("days", "after_days", "is_paused"),
    [(5.01, 5, True), (4.99, 5, False), (0.6, 0.5, True), (99, 0, False)],
)
def test_it_is_paused_after_the_days_of_the_setting(
    settings: Settings, days: float, after_days: float, is_paused: bool
) -> None:
    settings.SWITCH_PAUSE_AFTER_DAYS = after_days
    subscriber, other = make_failing(days), make_subscriber()
    assert reconcile_embedded() == Findings(paused=int(is_paused))
    subscriber.refresh_from_db()
    other.refresh_from_db()
    assert (subscriber.is_paused, other.is_paused) == (is_paused, False)
    if is_paused:
        assert "taken nothing since" in subscriber.state_reason


def test_one_that_failed_once_and_was_sent_nothing_since_is_not_paused() -> None:
    now = timezone.now()
    subscriber = make_failing(6, tried_at=now - timedelta(days=6))
    make_tries(subscriber, now, result="forbidden_address")
    make_tries(make_subscriber(), now)
    assert reconcile_embedded() == Findings()
    make_tries(subscriber, now)
    assert reconcile_embedded() == Findings(paused=1)


@pytest.mark.parametrize("by_sql", [True, False], ids=["plain SQL", "a queryset"])
def test_whoever_resumes_it_it_begins_anew(by_sql: bool) -> None:
    subscriber = make_failing(6)
    reconcile_embedded()
    if by_sql:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE subscriber SET state = 'active' WHERE id = %s", [subscriber.pk])
    else:
        Subscriber.objects.filter(pk=subscriber.pk).resume()
    assert reconcile_embedded() == Findings()
    subscriber.refresh_from_db()
    health = Health.objects.get(pk=subscriber.pk)
    assert not subscriber.is_paused
    assert (health.breaker, health.failing_since, health.opened_in_a_row, health.open_until) == (
        "closed",
        None,
        0,
        None,
    )
    assert health.rate_due_at is not None


def test_one_that_an_operator_paused_for_long_is_not_paused_again_when_it_is_resumed() -> None:
    subscriber = make_failing(6, state="paused")
    reconcile_embedded()
    Subscriber.objects.filter(pk=subscriber.pk).resume()
    assert reconcile_embedded() == Findings()


def test_one_that_is_deleted_is_left_as_it_is() -> None:
    subscriber = make_failing(6)
    subscriber.delete()
    assert reconcile_embedded() == Findings()
