"""How a subscriber does, on its page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.models import Health
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("health", "sentence"),
    [
        (None, "Closed: its events are sent."),
        ({}, "Closed: its events are sent."),
        ({"breaker": "open", "cause": "failures"}, "it kept failing. What comes for it is held"),
        ({"breaker": "open", "cause": "throttled"}, "it asked to wait. What comes for it is held"),
        ({"breaker": "half_open"}, "Half-open: one delivery is on its way"),
    ],
)
def test_the_breaker_is_shown_and_cannot_be_written(
    admin_client: Client, health: dict[str, Any] | None, sentence: str
) -> None:
    subscriber = make_subscriber()
    if health is not None:
        until = timezone.now() + timedelta(minutes=3) if health else None
        Health.objects.create(subscriber=subscriber, open_until=until, failing_since=timezone.now(), **health)
    answer = admin_client.get(reverse("admin:subscribers_subscriber_change", args=[subscriber.pk]))
    shown = answer.content.decode()
    assert sentence in shown
    assert 'name="shown_breaker"' not in shown
    assert 'name="rate_limit_per_second"' in shown


def test_a_paused_subscriber_is_not_said_to_get_its_events(admin_client: Client) -> None:
    subscriber = make_subscriber(state="paused")
    answer = admin_client.get(reverse("admin:subscribers_subscriber_change", args=[subscriber.pk]))
    shown = answer.content.decode()
    assert "Closed: it does not keep failing." in shown
    assert "Closed: its events are sent" not in shown
