"""An alert from its beginning to its end: what is said, and how often."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from dispatch.alerts.conditions import Condition, Judgement
from dispatch.alerts.keeping import keep
from dispatch.ledger.pruning import remove_alerts
from dispatch.models import Alert, Notice

pytestmark = pytest.mark.django_db

BEGUN = timezone.now()
LATE = Condition(Alert.Kind.BACKLOG, BEGUN, "Deliveries are late.")


@pytest.fixture(autouse=True)
def _by_both_channels(settings: Settings) -> None:
    settings.SWITCH_ALERT_WEBHOOK_URL = "http://127.0.0.1:9/"
    settings.SWITCH_ALERT_MAIL_TO = ["ops@example.com"]


def look(seconds: float, *conditions: Condition, crowded: frozenset[Alert.Kind] = frozenset()) -> None:
    """At so many seconds after the first."""
    keep(Judgement(list(conditions), crowded), BEGUN + timedelta(seconds=seconds))


def said() -> list[str]:
    return list(Notice.objects.filter(channel="mail").order_by("id").values_list("occasion", flat=True))


def test_it_is_told_once_by_each_channel_after_it_has_lasted() -> None:
    look(0, LATE)
    look(59, LATE)
    assert said() == []
    look(60, LATE)
    look(65, LATE)
    assert sorted(Notice.objects.values_list("channel", "occasion")) == [("mail", "opened"), ("webhook", "opened")]


def test_what_does_not_last_is_told_to_nobody_and_forgotten() -> None:
    for second in range(0, 300, 50):
        look(second, LATE)
        look(second + 25)
    assert said() == []
    assert not Alert.objects.exists()


def test_it_is_over_once_it_was_gone_for_as_long_and_told_again_if_it_comes_back() -> None:
    look(0, LATE)
    look(60, LATE)
    look(70)
    look(100, LATE)
    look(110)
    look(169)
    assert said() == ["opened"]
    look(170)
    look(200)
    assert said() == ["opened", "over"]
    assert Alert.objects.get().ended_at == BEGUN + timedelta(seconds=170)
    look(300, LATE)
    look(360, LATE)
    assert said() == ["opened", "over", "opened"]


@pytest.mark.parametrize(("repeat", "expected"), [(100.0, ["opened", "continues", "continues"]), (0.0, ["opened"])])
def test_it_is_told_again_after_the_interval_or_never(settings: Settings, repeat: float, expected: list[str]) -> None:
    settings.SWITCH_ALERT_REPEAT_SECONDS = repeat
    for second in range(0, 270, 5):
        look(second, LATE)
    assert said() == expected


def test_a_condition_that_is_known_begins_no_second_alert() -> None:
    for second in (0, 60):
        look(second, LATE, LATE)
    assert Alert.objects.count() == 1
    assert said() == ["opened"]


def test_absence_from_a_crowded_kind_ends_nothing() -> None:
    look(0, LATE)
    look(60, LATE)
    for second in (100, 200):
        look(second, crowded=frozenset({Alert.Kind.BACKLOG}))
    assert said() == ["opened"]


def test_retention_removes_what_is_over_and_keeps_what_is_open() -> None:
    look(0, LATE)
    look(60, LATE)
    assert remove_alerts(BEGUN + timedelta(days=1), 10) == 0
    look(100)
    look(160)
    look(200, LATE)
    assert remove_alerts(BEGUN + timedelta(seconds=160), 10) == 0
    assert remove_alerts(BEGUN + timedelta(seconds=161), 10) == 1
    assert Alert.objects.get().ended_at is None
    assert not Notice.objects.exists()
