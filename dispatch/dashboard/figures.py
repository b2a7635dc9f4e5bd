"""Figures as an operator reads them, on the dashboard and on a terminal."""

from datetime import datetime, timedelta
from math import isinf


def counted(number: int, limit: int) -> str:
    return f"{limit:,}+" if number >= limit else f"{number:,}"


def percent(share: float | None) -> str:
    """Not 100% where something failed."""
    if share is None:
        return "—"
    return "100%" if share == 1 else f"{min(share, 0.9999):.2%}"


def milliseconds(value: float | None) -> str:
    """Such as: ≤ 250 ms, ≤ 5 s, ≤ 1 h."""
    if value is None:
        return "—"
    if isinf(value):
        return "over 1 h"
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if value >= size:
            return f"≤ {value / size:g} {unit}"
    return f"≤ {value:g} ms"


def ago(age: timedelta) -> str:
    """Such as: 3 s, 12 min, 5 h, 4 d."""
    seconds = int(age.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def since(moment: datetime, now: datetime) -> str:
    return f"{ago(now - moment)} ago"
