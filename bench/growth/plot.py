"""Draws costs over the size of the ledger as SVG: both axes logarithmic, a line for each statement or page."""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

#: A line: name, and its points (deliveries, milliseconds).
Lines = Mapping[str, Sequence[tuple[int, float]]]

WIDTH, HEIGHT, LABELS = 300, 400, 190
MARGIN_LEFT, MARGIN_TOP, GAP = 60, 50, 40
LABEL_HEIGHT = 13
COLOURS = ("#1b6ca8", "#c8553d", "#588157", "#8e5ea2", "#d99a2b", "#3aa6a0", "#7a4f2e", "#5b5f97")
STYLE = "text{font:11px sans-serif;fill:#444}.title{font-size:13px;font-weight:bold}.grid{stroke:#ddd}"


def draw(panels: Mapping[str, Lines]) -> str:
    """A picture with the panels two by two."""
    columns = min(2, len(panels))
    rows = math.ceil(len(panels) / columns)
    across, down = MARGIN_LEFT + WIDTH + LABELS + GAP, MARGIN_TOP + HEIGHT + GAP
    parts = []
    for number, (title, lines) in enumerate(panels.items()):
        place = f"translate({number % columns * across + MARGIN_LEFT},{number // columns * down + MARGIN_TOP})"
        parts.append(f'<g transform="{place}">{"".join(_panel(title, lines))}</g>')
    size = f'width="{columns * across}" height="{rows * down}"'
    white = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>{white}{"".join(parts)}</svg>\n'


def _panel(title: str, lines: Lines) -> Iterator[str]:
    sizes = sorted({size for points in lines.values() for size, _ in points})
    costs = [cost for points in lines.values() for _, cost in points]
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    yield f'<text class="title" y="-24">{escape(title)}</text>'
    yield '<text y="-8">milliseconds, by deliveries in the ledger</text>'
    yield from _grid(sizes, low, high)
    labels = _spread({name: _y(points[-1][1], low, high) for name, points in lines.items()})
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{_x(size, sizes):.1f},{_y(cost, low, high):.1f}" for size, cost in points)
        end = f"{WIDTH},{_y(points[-1][1], low, high):.1f} {WIDTH + 12},{labels[name]:.1f}"
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        yield f'<polyline points="{end}" fill="none" stroke="{colour}" stroke-width="0.6"/>'
        yield f'<text x="{WIDTH + 15}" y="{labels[name] + 4:.1f}" style="fill:{colour}">{escape(name)}</text>'


def _grid(sizes: Sequence[int], low: int, high: int) -> Iterator[str]:
    for power in range(low, high + 1):
        y = _y(10.0**power, low, high)
        yield f'<line class="grid" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
    for size in sizes:
        x = _x(size, sizes)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y2="{HEIGHT}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT + 16}" text-anchor="middle">{size:,}</text>'


def _x(size: int, sizes: Sequence[int]) -> float:
    whole = math.log10(sizes[-1] / sizes[0]) or 1.0
    return math.log10(size / sizes[0]) / whole * WIDTH


def _y(cost: float, low: int, high: int) -> float:
    return HEIGHT - (math.log10(cost) - low) / max(high - low, 1) * HEIGHT


def _spread(wanted: Mapping[str, float]) -> dict[str, float]:
    """Places for the labels near the ends of their lines, none over another."""
    found: dict[str, float] = {}
    lowest = -math.inf
    room = HEIGHT - LABEL_HEIGHT * len(wanted)
    for number, (name, place) in enumerate(sorted(wanted.items(), key=lambda item: item[1])):
        most = max(room, 0) + LABEL_HEIGHT * number
        lowest = found[name] = max(min(place, most), lowest + LABEL_HEIGHT)
    return found
