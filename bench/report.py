"""Results as a table: for people at a terminal, and as Markdown for the documentation."""

from collections.abc import Iterable, Iterator, Sequence

from bench.figures import Figure, absolute
from bench.results import Json

HEADER = ("scenario", "figure", "target", "reached", "of target", "in R", "in libcurl", "")
#: The columns of words; the others hold numbers.
WORDS = (0, 1, 7)
#: Measurements of R that differ more than this say that something else was using the machine.
QUIET_SPREAD = 0.2


def as_text(layout: Json) -> str:
    lines = [_title(layout), *_aligned([HEADER, *_rows(layout)]), *_remarks(layout)]
    return "\n".join(lines)


def as_markdown(layout: Json) -> str:
    rows = [HEADER, *_rows(layout)]
    rule = ["---" if column in WORDS else "---:" for column in range(len(HEADER))]
    table = ["| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:])]
    remarks = [f"- {remark}" for remark in _remarks(layout)]
    return "\n".join([_title(layout), "", *table, *(["", *remarks] if remarks else [])])


def _title(layout: Json) -> str:
    references = layout["references"]
    times = references["multi"] / references["session"]
    tail = f"one in a hundred takes {references['session_p99_ms']:.1f} ms or more"
    return f"{layout['title']}: R = {references['session']:,.0f}/s ({tail}), bare libcurl {times:.1f} R"


def _remarks(layout: Json) -> Iterator[str]:
    spread = layout["references"]["spread"]
    if spread > QUIET_SPREAD:
        yield f"R changed by {spread:.0%} during the run: the machine was not quiet."
    for name, scenario in layout["scenarios"].items():
        if scenario["problem"]:
            yield f"{name}: {scenario['problem']}"


def _rows(layout: Json) -> Iterable[Sequence[str]]:
    for name, scenario in layout["scenarios"].items():
        for figure, found in scenario["figures"].items():
            if found["is_shown"]:
                yield _row(name, Figure(figure), found, scenario["references"]["session"])


def _row(name: str, figure: Figure, found: Json, reference: float) -> Sequence[str]:
    has_unit = figure.is_rate or figure.is_time
    in_r, in_libcurl = (f"{found[key]:.2f}" if has_unit else "" for key in ("in_r", "in_libcurl"))
    start = (name, figure.value)
    if "target" not in found:
        return (*start, "", shown(figure, found["value"]), "", in_r, in_libcurl, "")
    sign = "≥" if figure.is_better_high else "≤"
    target = f"{sign} {shown(figure, absolute(figure, found['target'], reference))}"
    verdict = "met" if found["is_met"] else "missed"
    return (*start, target, shown(figure, found["value"]), f"{found['of_target']:.2f}", in_r, in_libcurl, verdict)


def shown(figure: Figure, value: float) -> str:
    if figure is Figure.KEPT:
        return f"{value:.1%}"
    return f"{value:,.0f}" if figure.is_rate or figure is Figure.MEMORY else f"{value:,.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return ["  ".join(_cell(row[i], widths[i], i) for i in range(len(HEADER))).rstrip() for row in rows]


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column in WORDS else text.rjust(width)
