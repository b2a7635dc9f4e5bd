"""Results as a table for people and as JSON for comparing: each figure also as a ratio to R."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bench.references import References
from bench.running import Result
from bench.scenarios import TARGET_REFERENCE, Figure

SCHEMA = 1
HEADER = ("scenario", "figure", "value", "in R", "target", "")
#: Two measurements of R that differ more than this say that something else was using the machine.
QUIET_SPREAD = 0.15


@dataclass(frozen=True)
class LayoutResult:
    """The results on one layout, between two measurements of the references."""

    name: str
    title: str
    before: References
    after: References
    results: Sequence[Result]

    @property
    def reference(self) -> float:
        """R, requests a second."""
        return (self.before.session + self.after.session) / 2

    @property
    def spread(self) -> float:
        return abs(self.before.session - self.after.session) / self.reference


def ratio(figure: Figure, value: float, reference: float) -> float:
    """A rate in units of R; a latency in units of the time that R's loop takes for one request."""
    return value / reference if figure.is_rate else value / 1000 * reference


def is_met(figure: Figure, ratio: float, target: float) -> bool:
    return ratio >= target if figure.is_rate else ratio <= target


def as_text(layout: LayoutResult) -> str:
    multi = (layout.before.multi + layout.after.multi) / 2
    head = f"{layout.title}: R = {layout.reference:,.0f}/s (bare libcurl multi {multi / layout.reference:.1f} R)"
    lines = [head, *_aligned([HEADER, *_rows(layout)])]
    if layout.spread > QUIET_SPREAD:
        lines.append(f"R changed by {layout.spread:.0%} during the run: the machine was not quiet.")
    lines += [f"{result.scenario.name}: {result.problem}" for result in layout.results if result.problem]
    return "\n".join(lines)


def as_json(layouts: Iterable[LayoutResult]) -> dict[str, Any]:
    """All figures, not only those of the table; `ratios` are what may be compared between runs."""
    return {
        "schema": SCHEMA,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()},
        "layouts": {layout.name: _layout_json(layout) for layout in layouts},
    }


def _layout_json(layout: LayoutResult) -> dict[str, Any]:
    return {
        "reference_per_second": layout.reference,
        "references": {"before": asdict(layout.before), "after": asdict(layout.after)},
        "scenarios": {result.scenario.name: _result_json(result, layout.reference) for result in layout.results},
    }


def _result_json(result: Result, reference: float) -> dict[str, Any]:
    return {
        "load": asdict(result.scenario.load),
        "figures": {figure.value: round(value, 3) for figure, value in result.figures.items()},
        "ratios": {figure.value: round(ratio(figure, value, reference), 3) for figure, value in result.figures.items()},
        "deliveries": result.deliveries,
        "duplicates": result.duplicates,
        "problem": result.problem,
    }


def _rows(layout: LayoutResult) -> Iterable[Sequence[str]]:
    for result in layout.results:
        for figure, targets in result.scenario.headlines.items():
            if figure in result.figures:
                yield _row(result, figure, layout.reference, targets.get(layout.name))


def _row(result: Result, figure: Figure, reference: float, target: float | None) -> Sequence[str]:
    value = result.figures[figure]
    found = ratio(figure, value, reference)
    shown = f"{value:,.0f}" if figure.is_rate else f"{value:,.2f}"
    start = (result.scenario.name, figure.value, shown, f"{found:.2f}")
    if target is None:
        return (*start, "", "")
    wanted = ratio(figure, target, TARGET_REFERENCE)
    sign = "≥" if figure.is_rate else "≤"
    return (*start, f"{sign} {wanted:.2f}", "met" if is_met(figure, found, wanted) else "missed")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return ["  ".join(_cell(row[i], widths[i], i) for i in range(len(HEADER))).rstrip() for row in rows]


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if 2 <= column <= 4 else text.ljust(width)
