"""Subscribers as the tests of the admin find them."""

from datetime import timedelta

import pytest

from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber


@pytest.fixture
def paused(db: None) -> Subscriber:
    """It has two held deliveries and one that is dead."""
    subscriber = make_subscriber(name="billing", state="paused")
    make_delivery(subscriber, state="held", reason="paused", created_at=timedelta(hours=-3))
    make_delivery(subscriber, state="held", reason="paused")
    make_delivery(subscriber, state="dead")
    return subscriber
