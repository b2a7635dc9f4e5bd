"""Since when work is due, and what is not late though its moment is past."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from dispatch.alerts.conditions import judge
from dispatch.metrics import exposition
from dispatch.models import Consumer
from dispatch.overdue import due_since
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["embedded", "faktory"])
def queue(request: pytest.FixtureRequest, settings: Settings) -> str:
    settings.FAKTORY_URL = "tcp://127.0.0.1:1" if request.param == "faktory" else ""
    return str(request.param)


@pytest.fixture
def consumer() -> Consumer:
    return Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8)


def minutes_late() -> int | None:
    now = timezone.now()
    since = due_since(now)
    return None if since is None else round((now - since) / MINUTE)


LATE: dict[str, Callable[[], object]] = {
    "a first try": lambda: make_delivery(due_at=-10 * MINUTE),
    "one whose job was lost": lambda: make_delivery(due_at=-10 * MINUTE, queued_at=-10 * MINUTE),
    "one that no job was pushed for": lambda: make_delivery(due_at=-10 * MINUTE, queued_at=None),
    "a suspect": lambda: make_delivery(due_at=-10 * MINUTE, lost_claims=2),
    "the claim of a dead consumer": lambda: make_delivery(
        state="claimed", due_at=-11 * MINUTE, lease_until=-9 * MINUTE
    ),
    "a wide event": lambda: make_event(fan_out="pending", matched=None, received_at=-10 * MINUTE),
}


@pytest.mark.usefixtures("queue", "consumer")
@pytest.mark.parametrize("make", LATE.values(), ids=LATE.keys())
def test_what_nobody_does_is_late_by_every_measure(make: Callable[[], object]) -> None:
    make_delivery(due_at=-MINUTE / 2)
    make()
    assert minutes_late() == 10
    assert [condition.key for condition in judge(timezone.now()).conditions] == ["backlog"]
    [line] = [each for each in exposition().decode().splitlines() if each.startswith("switch_oldest_due_seconds ")]
    assert 590 < float(line.split()[1]) < 660


@pytest.mark.usefixtures("queue")
def test_a_backlog_is_late_where_nobody_lives() -> None:
    make_delivery(state="held", reason="capped", due_at=-10 * MINUTE)
    assert minutes_late() == 10
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8)
    assert minutes_late() is None


def test_a_retry_is_late_once_faktory_should_have_brought_it(queue: str, consumer: Consumer) -> None:
    """The schedule leaves it up to 30 seconds more for each failure, and a minute to do so."""
    make_delivery(due_at=-10 * MINUTE, failures=12, queued_at=-30 * MINUTE)
    assert minutes_late() == (10 if queue == "embedded" else 3)
    make_delivery(due_at=-10 * MINUTE, failures=20, queued_at=-30 * MINUTE)
    assert minutes_late() == (10 if queue == "embedded" else 3)


def test_retries_whose_moment_faktory_chooses_are_no_alert(queue: str, consumer: Consumer) -> None:
    make_delivery(due_at=-10 * MINUTE, failures=18, queued_at=-30 * MINUTE)
    keys = [condition.key for condition in judge(timezone.now()).conditions]
    assert keys == (["backlog"] if queue == "embedded" else [])


@pytest.mark.usefixtures("queue")
def test_what_is_done_or_waits_as_it_should_is_not_late(consumer: Consumer) -> None:
    make_delivery(due_at=MINUTE)
    make_delivery(state="claimed", owner=consumer.pk, due_at=-10 * MINUTE)
    make_delivery(make_subscriber(state="paused"), state="held", reason="paused", due_at=-10 * MINUTE)
    make_delivery(state="delivered", due_at=-10 * MINUTE)
    assert minutes_late() is None
