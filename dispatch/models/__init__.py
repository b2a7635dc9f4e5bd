"""The ledger: events, deliveries, attempts; the consumers that work on them; counters; alerts; machines' keys."""

from dispatch.models.alert import Alert, Notice
from dispatch.models.api_key import ApiKey, Creation
from dispatch.models.attempt import Attempt
from dispatch.models.consumer import Consumer, Lease
from dispatch.models.counter import AttemptCounter, DelayCounter, EventCounter, Position, Total
from dispatch.models.delivery import Delivery
from dispatch.models.event import Event
from dispatch.models.health import Health
from dispatch.models.replay import Replay

__all__ = [
    "Alert",
    "ApiKey",
    "Attempt",
    "AttemptCounter",
    "Consumer",
    "Creation",
    "DelayCounter",
    "Delivery",
    "Event",
    "EventCounter",
    "Health",
    "Lease",
    "Notice",
    "Position",
    "Replay",
    "Total",
]
