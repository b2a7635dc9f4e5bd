"""The transport as the settings want it."""

from django.conf import settings

from dispatch.transport import AddressGuard, Transport


def open_transport() -> Transport:
    """A transport for one thread, guarded by SWITCH_DELIVERY_NETWORKS and its lists."""
    guard = AddressGuard(
        allows_private=settings.SWITCH_DELIVERY_NETWORKS == "private",
        allow=settings.SWITCH_DELIVERY_ALLOW,
        deny=settings.SWITCH_DELIVERY_DENY,
    )
    return Transport(guard, ca_file=settings.SWITCH_CA_FILE, proxy=settings.SWITCH_DELIVERY_PROXY)
