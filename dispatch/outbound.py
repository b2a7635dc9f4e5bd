"""The transport as the settings want it."""

from django.conf import settings

from dispatch.ledger.loading import LoadedSubscriber
from dispatch.transport import AddressGuard, Timeouts, Transport
from subscribers.ports import PortPolicy


def open_transport() -> Transport:
    """A transport for one thread, guarded by SWITCH_DELIVERY_NETWORKS, its lists and SWITCH_DELIVERY_PORTS."""
    guard = AddressGuard(
        allows_private=settings.SWITCH_DELIVERY_NETWORKS == "private",
        allow=settings.SWITCH_DELIVERY_ALLOW,
        deny=settings.SWITCH_DELIVERY_DENY,
    )
    ports = PortPolicy(settings.SWITCH_DELIVERY_PORTS)
    return Transport(guard, ports=ports, ca_file=settings.SWITCH_CA_FILE, proxy=settings.SWITCH_DELIVERY_PROXY)


def timeouts_for(subscriber: LoadedSubscriber) -> Timeouts:
    """The subscriber's own or else the hub's, none above the hub's most."""
    most: float = settings.SWITCH_MAX_TIMEOUT_SECONDS
    return Timeouts(
        connect_seconds=min(subscriber.connect_timeout_seconds or settings.SWITCH_CONNECT_TIMEOUT_SECONDS, most),
        idle_seconds=min(subscriber.idle_timeout_seconds or settings.SWITCH_IDLE_TIMEOUT_SECONDS, most),
        total_seconds=min(subscriber.total_timeout_seconds or settings.SWITCH_TOTAL_TIMEOUT_SECONDS, most),
    )
