"""What can be wished, and what is refused with a sentence."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dispatch.models import Replay
from dispatch.replays.requesting import ReplayRefusedError, backfill_wish, request, stop, wish
from tests.dispatch.ledger.rows import make_event, make_subscriber
from tests.dispatch.replays.carrying import ask, make_past_event, make_settled

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        ({}, "Say what to replay"),
        ({"rate_per_second": 5.0}, "Say what to replay"),
        ({"state": "pending"}, "Only settled"),
        ({"state": "nonsense"}, "Only settled"),
        ({"since": NOW, "until": NOW - timedelta(hours=1)}, "time span is empty"),
        ({"since": NOW + timedelta(days=1)}, "time span is empty"),
        ({"state": "dead", "rate_per_second": 0.0}, "rate"),
        ({"state": "dead", "rate_per_second": float("nan")}, "rate"),
        ({"state": "dead", "rate_per_second": float("inf")}, "rate"),
    ],
)
def test_what_cannot_be_is_refused_in_words(criteria: dict[str, Any], reason: str) -> None:
    with pytest.raises(ReplayRefusedError, match=reason):
        wish(**criteria)


def test_a_replay_keeps_what_was_wished_by_whom_and_how_many_there_are() -> None:
    subscriber = make_subscriber()
    make_settled(2, subscriber)
    replay = Replay.objects.get(pk=ask(subscriber=subscriber, state="dead", rate_per_second=3.0).pk)
    assert (replay.requested_by, replay.total, replay.done, replay.status) == ("tests", 2, 0, "running")
    assert (replay.subscriber, replay.state, replay.rate_per_second) == (subscriber, "dead", 3.0)


def test_a_backfill_counts_the_events_that_it_looks_at() -> None:
    subscriber = make_subscriber()
    for hours in (1, 3):
        make_past_event(timedelta(hours=hours))
    make_event(topic="others")
    replay = request(backfill_wish(subscriber, timezone.now() - timedelta(hours=2)), "tests")
    assert (replay.total, replay.topic, replay.kind) == (1, "orders", "backfill")


def test_stop_ends_what_runs_and_tells_what_is_over() -> None:
    replay = ask(state="dead")
    assert stop(replay.pk)
    replay.refresh_from_db()
    assert replay.status == "stopped"
    assert replay.finished_at
    assert not stop(replay.pk)
