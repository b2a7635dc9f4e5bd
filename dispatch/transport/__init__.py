"""Moves HTTP requests by libcurl: many at once in one thread, guarded, within bounds of time and size."""

from dispatch.transport.exchange import Exchange, Timeouts
from dispatch.transport.loop import Transport
from dispatch.transport.resolver import Resolution, Resolver
from subscribers.guard import AddressGuard

__all__ = ["AddressGuard", "Exchange", "Resolution", "Resolver", "Timeouts", "Transport"]
