"""The transport as the settings want it."""

from django.conf import settings

from dispatch.transport import AddressGuard, Transport
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
