"""Ids of events, deliveries and consumers: UUIDv7, which sort by time and so keep indexes compact."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

#: The end of the year 9999, behind which Python knows no time.
LAST_MS = 253_402_300_799_000


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562, section 5.7)."""
    return uuid7()


def first_id_at(moment: datetime) -> UUID:
    """Below it are the ids made before the millisecond of `moment`, above it those made in it or later."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def made_at(identifier: UUID) -> datetime:
    """The millisecond in which an id was made; of an id that tells no time, as adopted ones, nothing sensible."""
    return datetime.fromtimestamp(min(identifier.int >> 80, LAST_MS) / 1000, UTC)
