"""Ids of events, deliveries and consumers: UUIDv7, which sort by time and so keep indexes compact."""

import secrets
from datetime import datetime
from uuid import UUID, SafeUUID

from uuid_utils.compat import uuid7

HEX_DIGITS = 32


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562, section 5.7)."""
    return uuid7()


def id_of(text: str) -> UUID:
    """The id that `text`, 32 hexadecimal digits, stands for. ValueError if it is none.

    Python's own way looks for each form in which a UUID can be written, and takes twice as long; a consumer reads two
    ids for each delivery.
    """
    raw = bytes.fromhex(text) if len(text) == HEX_DIGITS else b""
    if len(raw) != HEX_DIGITS // 2:
        return UUID(hex=text)
    found = UUID.__new__(UUID)
    object.__setattr__(found, "int", int.from_bytes(raw))
    object.__setattr__(found, "is_safe", SafeUUID.unknown)
    return found


def first_id_at(moment: datetime) -> UUID:
    """Below it are the ids made before the millisecond of `moment`, above it those made in it or later."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def id_at(moment: datetime) -> UUID:
    """A new UUIDv7 as if it had been made then."""
    version, variant = 0x7 << 76, 0b10 << 62
    return UUID(int=first_id_at(moment).int | version | secrets.randbits(12) << 64 | variant | secrets.randbits(62))
