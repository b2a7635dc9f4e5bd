"""What the settings let a subscriber have: asked when it is written, and again when a request is sent."""

from django.conf import settings

from subscribers.guard import AddressGuard
from subscribers.ports import PortPolicy


def address_guard() -> AddressGuard:
    """By SWITCH_DELIVERY_NETWORKS, SWITCH_DELIVERY_ALLOW and SWITCH_DELIVERY_DENY."""
    return AddressGuard(
        allows_private=settings.SWITCH_DELIVERY_NETWORKS == "private",
        allow=settings.SWITCH_DELIVERY_ALLOW,
        deny=settings.SWITCH_DELIVERY_DENY,
    )


def port_policy() -> PortPolicy:
    """By SWITCH_DELIVERY_PORTS."""
    return PortPolicy(settings.SWITCH_DELIVERY_PORTS)


def longest_timeout_seconds() -> float:
    """SWITCH_MAX_TIMEOUT_SECONDS."""
    return float(settings.SWITCH_MAX_TIMEOUT_SECONDS)
