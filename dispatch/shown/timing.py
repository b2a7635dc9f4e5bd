"""How long each phase of an attempt took, as a bar: an SVG, since the page's policy allows no inline styles."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.template.loader import render_to_string

from dispatch.models import Attempt

#: What ends each phase; the times are cumulative.
PHASES = (
    ("DNS", "name_lookup_ms"),
    ("connect", "connect_ms"),
    ("TLS", "tls_ms"),
    ("first byte", "first_byte_ms"),
    ("rest", "total_ms"),
)
WIDTH = 100.0
#: Where a phase is too short to be seen.
LEAST = 0.4


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    took_ms: float
    left: float
    width: float

    @property
    def css_class(self) -> str:
        return f"switch-phase-{self.name.replace(' ', '-').lower()}"


def phases(attempt: Attempt) -> list[Phase]:
    """Those that were reached, in their order; a reused connection has neither connect nor TLS."""
    return list(_phases(attempt, max(attempt.total_ms, 0.001)))


def _phases(attempt: Attempt, total: float) -> Iterator[Phase]:
    begin = 0.0
    for name, field in PHASES:
        end = getattr(attempt, field)
        if end is None:
            continue
        took = max(0.0, end - begin)
        left = WIDTH * min(begin, total) / total
        yield Phase(name, took, round(left, 2), round(max(LEAST, WIDTH * min(took, total) / total), 2))
        begin = max(begin, end)


def shown_timing(attempt: Attempt) -> str:
    context = {"phases": phases(attempt), "total_ms": attempt.total_ms}
    return render_to_string("dispatch/admin/timing.html", context)
