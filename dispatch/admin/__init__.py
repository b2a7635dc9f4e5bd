"""The ledger in the admin: read-only, linked, and quick with millions of rows."""

from dispatch.admin.alerts import AlertAdmin
from dispatch.admin.api_keys import ApiKeyAdmin
from dispatch.admin.attempts import AttemptAdmin
from dispatch.admin.consumers import ConsumerAdmin
from dispatch.admin.deliveries import DeliveryAdmin
from dispatch.admin.events import EventAdmin
from dispatch.admin.replays import ReplayAdmin
from dispatch.admin.subscribers import DeliveredSubscriberAdmin

__all__ = [
    "AlertAdmin",
    "ApiKeyAdmin",
    "AttemptAdmin",
    "ConsumerAdmin",
    "DeliveredSubscriberAdmin",
    "DeliveryAdmin",
    "EventAdmin",
    "ReplayAdmin",
]
