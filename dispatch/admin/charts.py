"""Charts as geometry: what a template draws as SVG, with the same numbers as a table beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dispatch.dashboard.figures import milliseconds
from dispatch.dashboard.traffic import Point, Sums
from dispatch.models.counter import BUCKET_BOUNDS_MS

WIDTH, HEIGHT = 600, 120
GAP = 0.18
#: Steps of an axis, as multiples of a power of ten.
ROUND = (1, 1.5, 2, 3, 4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """A step of the chart: its place, what is said of it, and its parts from the bottom up (class, y, height)."""

    x: float
    width: float
    title: str
    parts: list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Tick:
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """`values` gives a number of a step, None where there is none."""

    name: str
    style: str
    value: Callable[[Sums, int], float | None]


@dataclass(frozen=True)
class Chart:
    """`rows` are the table's: a time, and a text for each series."""

    key: str
    title: str
    summary: str
    series: Sequence[Series]
    bars: list[Bar]
    ticks: list[Tick]
    lines: list[tuple[str, str]]  # class, points of a polyline
    times: list[tuple[float, str]]
    rows: list[tuple[str, list[str]]]

    @property
    def is_empty(self) -> bool:
        return not any(bar.parts for bar in self.bars) and not self.lines


def stacked(key: str, title: str, points: Sequence[Point], series: Sequence[Series]) -> Chart:
    """A bar for each step, its series on top of one another, as numbers a minute."""
    numbers = [[each.value(point.sums, point.minutes) or 0.0 for each in series] for point in points]
    top = _round_up(max(map(sum, numbers), default=0.0))
    bars = [
        Bar(
            *_place(number, len(points)),
            _title(point, series, [_number(each) for each in values]),
            _parts(values, series, top),
        )
        for number, (point, values) in enumerate(zip(points, numbers, strict=True))
    ]
    ticks = [Tick(HEIGHT - HEIGHT * share, _number(top * share)) for share in (0.5, 1)]
    rows = [(_time(point), [_number(each) for each in values]) for point, values in zip(points, numbers, strict=True)]
    return Chart(key, title, _summary(points, numbers), series, bars, ticks, [], _times(points), rows[::-1])


def logarithmic(key: str, title: str, points: Sequence[Point], series: Sequence[Series]) -> Chart:
    """A line for each series of milliseconds, by the buckets in which they are counted."""
    bounds = (*BUCKET_BOUNDS_MS, float("inf"))
    found = [[each.value(point.sums, point.minutes) for each in series] for point in points]
    step = HEIGHT / len(bounds)
    lines = []
    for number, each in enumerate(series):
        heights = [None if row[number] is None else bounds.index(row[number]) for row in found]
        lines += [(each.style, line) for line in _polylines(heights, step)]
    bars = [
        Bar(*_place(number, len(points)), _title(point, series, [milliseconds(each) for each in row]), [])
        for number, (point, row) in enumerate(zip(points, found, strict=True))
    ]
    ticks = [
        Tick(HEIGHT - (bounds.index(bound) + 0.5) * step, milliseconds(bound)) for bound in (10, 250, 5000, 3600000)
    ]
    rows = [(_time(point), [milliseconds(each) for each in row]) for point, row in zip(points, found, strict=True)]
    return Chart(key, title, "", series, bars, ticks, lines, _times(points), rows[::-1])


def _place(number: int, count: int) -> tuple[float, float]:
    width = WIDTH / max(count, 1)
    return round(number * width + width * GAP / 2, 2), round(width * (1 - GAP), 2)


def _parts(values: Sequence[float], series: Sequence[Series], top: float) -> list[tuple[str, float, float]]:
    parts, y = [], float(HEIGHT)
    for value, each in zip(values, series, strict=True):
        height = value / top * HEIGHT if top else 0.0
        y -= height
        if height:
            parts.append((each.style, round(y, 2), round(height, 2)))
    return parts


def _polylines(heights: Sequence[int | None], step: float) -> list[str]:
    """Points of lines, broken where there is nothing."""
    lines: list[list[str]] = [[]]
    for number, height in enumerate(heights):
        if height is None:
            lines.append([])
            continue
        x, width = _place(number, len(heights))
        y = round(HEIGHT - (height + 0.5) * step, 2)
        lines[-1] += [f"{x},{y}", f"{round(x + width, 2)},{y}"]
    return [" ".join(line) for line in lines if line]


def _title(point: Point, series: Sequence[Series], texts: Sequence[str]) -> str:
    said = ", ".join(f"{each.name} {text}" for each, text in zip(series, texts, strict=True))
    return f"{_time(point)} UTC: {said}"


def _time(point: Point) -> str:
    return f"{point.start:%H:%M}"


def _times(points: Sequence[Point]) -> list[tuple[float, str]]:
    """Some times along the axis, at its beginning, middle and end."""
    count = len(points)
    chosen = sorted({0, count // 2, count - 1}) if count > 2 else []
    return [(round((number + 0.5) * WIDTH / count, 2), _time(points[number])) for number in chosen]


def _summary(points: Sequence[Point], numbers: Sequence[Sequence[float]]) -> str:
    if not points:
        return ""
    highest = max(range(len(points)), key=lambda number: sum(numbers[number]))
    return f"at most {_number(sum(numbers[highest]))} a minute, at {_time(points[highest])} UTC"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    power = 10.0 ** len(str(int(value))) / 10
    return next(step * power for step in ROUND if step * power >= value)
