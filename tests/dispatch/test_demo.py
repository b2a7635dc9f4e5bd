"""The demo fills an empty hub by the real ways, and leaves any other as it is."""

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from dispatch.demo.cast import LISTENERS, TOPICS
from dispatch.demo.filling import fill
from dispatch.diagnosis import examine
from dispatch.failing import GONE
from dispatch.identifiers import first_id_at
from dispatch.ledger.examining import miscounted_events
from dispatch.models import Attempt, AttemptCounter, Delivery, Event
from dispatch.queues import open_queue
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db


def test_two_hours_of_it_are_as_a_hub_would_have_left_them() -> None:
    told: list[tuple[str, int, int]] = []
    day = fill(lambda *args: told.append(args), timedelta(hours=2))
    now = timezone.now()
    assert Event.objects.count() == day.events > 50
    assert Attempt.objects.count() == day.attempts > 50
    assert Subscriber.objects.count() == len(LISTENERS) == 30
    assert len(TOPICS) == 12
    states = Delivery.objects.by_state()
    assert {"delivered", "held"} <= states.keys()
    assert states["delivered"] > states["held"]
    assert miscounted_events(now) == 0
    counted = AttemptCounter.objects.aggregate(total=Sum("count"))["total"]
    assert 0.9 * day.attempts < counted <= day.attempts
    early = Event.objects.filter(pk__lt=first_id_at(now - timedelta(hours=1)))
    assert early.exists()
    assert not early.filter(received_at__gt=now - timedelta(hours=1)).exists()
    troubles = [str(trouble) for trouble in examine(open_queue())]
    assert [each for each in troubles if not each.startswith(("No consumer", "1 subscriber has a filter"))] == []
    assert told[-1][1] == told[-1][2]


def test_one_that_is_gone_is_paused_as_a_consumer_does_it(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level(logging.INFO, "dispatch.failing")
    with django_capture_on_commit_callbacks(execute=True):
        fill(lambda *_: None, timedelta(hours=4))  # at night little is published
    (gone,) = Subscriber.objects.filter(state_reason=GONE)
    assert (gone.state, gone.history.latest("history_id").history_change_reason) == ("paused", GONE)
    assert caplog.messages == ["1 subscriber was paused: it answered 410 Gone."]


def test_a_hub_that_is_not_empty_is_left_as_it_is() -> None:
    make_subscriber()
    with pytest.raises(CommandError, match="wants an empty one"):
        call_command("demo")
    output = StringIO()
    call_command("demo", "--or-keep", stdout=output)
    assert "goes on with what is there" in output.getvalue()
    assert Subscriber.objects.count() == 1
    assert not Event.objects.exists()
