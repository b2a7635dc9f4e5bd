"""How many requests a rate limit grants now: the generic cell rate algorithm, whose whole state is one moment. Pure.

Source: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
"""

from datetime import datetime, timedelta


def available(due_at: datetime | None, per_second: float, now: datetime) -> int:
    """How many may go now, of at most a second's worth at once. `due_at` is when the limit has no debt left."""
    interval = 1 / per_second
    burst_seconds = max(1.0, interval)
    debt_seconds = max(0.0, (due_at - now).total_seconds()) if due_at else 0.0
    # A moment is kept in whole microseconds: what they round away must not cost a request.
    return max(0, int((burst_seconds - debt_seconds) / interval + 1e-3))


def grant(due_at: datetime | None, per_second: float, wanted: int, now: datetime) -> tuple[int, datetime]:
    """How many of those wanted may go now, and the new moment without debt."""
    granted = min(wanted, available(due_at, per_second, now))
    begin = max(due_at, now) if due_at else now
    return granted, begin + timedelta(seconds=granted / per_second)
