"""Ids of events, deliveries and consumers: UUIDv7, which sort by time and so keep indexes compact."""

import secrets
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562, section 5.7)."""
    return uuid7()


def first_id_at(moment: datetime) -> UUID:
    """Below it are the ids made before the millisecond of `moment`, above it those made in it or later."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def id_at(moment: datetime) -> UUID:
    """A new UUIDv7 as if it had been made then."""
    version, variant = 0x7 << 76, 0b10 << 62
    return UUID(int=first_id_at(moment).int | version | secrets.randbits(12) << 64 | variant | secrets.randbits(62))
