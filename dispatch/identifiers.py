"""Ids of events, deliveries and consumers: UUIDv7, which sort by time and so keep indexes compact."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562, section 5.7)."""
    return uuid7()


def first_id_at(moment: datetime) -> UUID:
    """Below it are the ids made before the millisecond of `moment`, above it those made in it or later."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
