"""Writes results into a page of the documentation, so that no figure there is written by hand."""

from collections.abc import Iterator
from pathlib import Path

from bench import machine
from bench.report import as_markdown
from bench.results import Json

#: What is written between the marks of a page, each by the command of its name.
FIGURES, GROWTH, SOAK, PROFILE = "bench", "bench.growth", "bench.soak", "bench.profiling"
PARTS = ("load", "web", "consumer", "postgres", "faktory", "receiver")


class MarksMissingError(Exception):
    """The page has no place for these figures."""


def marks(what: str) -> tuple[str, str]:
    return f"<!-- written by `python -m {what} --render` -->", f"<!-- end of {what} -->"


def write_between(page: Path, what: str, text: str) -> None:
    """Replaces what stands between the page's marks. Raises MarksMissingError."""
    begin, end = marks(what)
    before, begun, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise MarksMissingError(f"{page} has no lines {begin} and {end}.")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def render(page: Path, results: Json) -> None:
    write_between(page, FIGURES, as_page(results))


def as_page(results: Json) -> str:
    parts = [machine.sentence(results)]
    for layout in results["layouts"].values():
        parts += [as_markdown(layout), f"CPU time by part, {layout['title']}:", "\n".join(_cpu(layout))]
    return "\n\n".join(parts)


def _cpu(layout: Json) -> Iterator[str]:
    """µs for one delivery, or for one event where nothing is delivered."""
    used = [name for name in PARTS if any(name in scenario["cpu_us"] for scenario in layout["scenarios"].values())]
    yield "| µs for one delivery (or event, where none is delivered) | " + " | ".join(used) + " |"
    yield "|---|" + "---:|" * len(used)
    for name, scenario in layout["scenarios"].items():
        cells = (f"{scenario['cpu_us'][part]:,.0f}" if part in scenario["cpu_us"] else "" for part in used)
        yield f"| {name} | " + " | ".join(cells) + " |"
