"""The ledger: events, their deliveries, every attempt; the consumers that work on them; counters by minute."""

from dispatch.models.attempt import Attempt
from dispatch.models.consumer import Consumer, Lease
from dispatch.models.counter import MinuteCounter
from dispatch.models.delivery import Delivery
from dispatch.models.event import Event

__all__ = ["Attempt", "Consumer", "Delivery", "Event", "Lease", "MinuteCounter"]
