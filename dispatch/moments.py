"""Times as people write them: a span back from now such as 2h, or a date and time of ISO 8601."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """A time span such as 90d or 12h. Raises ValueError."""
    match = re.fullmatch(r"(\d+)([smhdw])", text)
    if match is None or int(match[1]) == 0:
        raise ValueError(text)
    try:
        return timedelta(**{UNITS[match[2]]: int(match[1])})
    except OverflowError as error:
        raise ValueError(text) from error


def moment(text: str, now: datetime) -> datetime:
    """So long before `now`, or the moment written; one without a zone is UTC. Raises ValueError with a sentence."""
    text = text.strip()
    try:
        return now - duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no time: write 2h, 30m or 7d for so long ago, or 2026-01-31T08:00.") from error
