"""How many deliveries a rate allows now. Pure; what it needs to know is one moment, kept in the replay's row."""

from datetime import datetime, timedelta


def allowance(rate_per_second: float, paced_until: datetime | None, now: datetime) -> int:
    """How many may be sent now, at most a second's worth (or two): a time without a consumer is not made up for."""
    since = now - _start(rate_per_second, paced_until, now)
    # A microsecond is the clock's own grain: without it, what is just due would be found due a look too late.
    return int((since.total_seconds() + 1e-6) * rate_per_second)


def paced(rate_per_second: float, paced_until: datetime | None, now: datetime, sent: int) -> datetime:
    """The moment up to which the rate is used up, once so many more were sent."""
    return _start(rate_per_second, paced_until, now) + timedelta(seconds=sent / rate_per_second)


def _start(rate_per_second: float, paced_until: datetime | None, now: datetime) -> datetime:
    """From when on the rate is free; the first delivery never waits."""
    if paced_until is None:
        return now - timedelta(seconds=1 / rate_per_second)
    # Two of a slow rate: with one, a look that comes late would lose the time that it is late.
    return max(paced_until, now - timedelta(seconds=max(1.0, 2 / rate_per_second)))
