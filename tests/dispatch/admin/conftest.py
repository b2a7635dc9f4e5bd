"""Subscribers as the tests of the admin find them, and time for its dashboard."""

from datetime import timedelta

import pytest

from dispatch.admin import dashboard
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.replays.carrying import make_settled


@pytest.fixture
def paused(db: None) -> Subscriber:
    """It has two held deliveries and one that is dead."""
    subscriber = make_subscriber(name="billing", state="paused")
    make_delivery(subscriber, state="held", reason="paused", created_at=timedelta(hours=-3))
    make_delivery(subscriber, state="held", reason="paused")
    make_delivery(subscriber, state="dead")
    return subscriber


@pytest.fixture
def billing(db: None) -> Subscriber:
    """It has three dead deliveries and two that arrived."""
    subscriber = make_subscriber(name="billing")
    make_settled(3, subscriber)
    make_settled(2, subscriber, "delivered")
    return subscriber


@pytest.fixture
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the past is added up with the first look at the dashboard."""
    monkeypatch.setattr(dashboard, "ADDING_UP_SECONDS", 60.0)
