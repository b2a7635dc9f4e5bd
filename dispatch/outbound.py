"""The transport as the settings want it."""

import time

from django.conf import settings

from dispatch.ledger.loading import LoadedSubscriber
from dispatch.outcomes import ErrorKind, Outcome
from dispatch.transport import Exchange, Timeouts, Transport
from subscribers.policy import address_guard, longest_timeout_seconds, port_policy


def open_transport() -> Transport:
    """A transport for one thread, guarded as the settings say."""
    return Transport(
        address_guard(),
        ports=port_policy(),
        ca_file=settings.SWITCH_CA_FILE,
        proxy=settings.SWITCH_DELIVERY_PROXY,
    )


def send_once(exchange: Exchange, max_seconds: float) -> Outcome:
    """Sends one request that is no delivery, and waits for what comes of it."""
    transport = open_transport()
    try:
        transport.start(exchange, None)
        deadline = time.monotonic() + max_seconds + 1
        while time.monotonic() < deadline:
            for _, outcome in transport.run(1.0):
                return outcome
    finally:
        transport.close()
    return Outcome(error_kind=ErrorKind.INTERNAL, error=f"No outcome came within {max_seconds:g} s.")


def timeouts_for(subscriber: LoadedSubscriber) -> Timeouts:
    """The subscriber's own or else the hub's, none above the hub's most."""
    most = longest_timeout_seconds()
    return Timeouts(
        connect_seconds=min(subscriber.connect_timeout_seconds or settings.SWITCH_CONNECT_TIMEOUT_SECONDS, most),
        idle_seconds=min(subscriber.idle_timeout_seconds or settings.SWITCH_IDLE_TIMEOUT_SECONDS, most),
        total_seconds=min(subscriber.total_timeout_seconds or settings.SWITCH_TOTAL_TIMEOUT_SECONDS, most),
    )
