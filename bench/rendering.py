"""Writes results into a page of the documentation, so that no figure there is written by hand."""

from collections.abc import Iterator
from pathlib import Path

from bench.report import as_markdown
from bench.results import Json

BEGIN = "<!-- figures: written by `python -m bench --render` -->"
END = "<!-- end of figures -->"
PARTS = ("load", "web", "consumer", "postgres", "faktory", "receiver")


class MarksMissingError(Exception):
    """The page has no place for figures."""


def render(page: Path, results: Json) -> None:
    """Replaces what stands between the page's marks. Raises MarksMissingError."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MarksMissingError(f"{page} has no lines {BEGIN} and {END}.")
    page.write_text(f"{before}{BEGIN}\n\n{as_page(results)}\n\n{END}{after}")


def as_page(results: Json) -> str:
    parts = [_machine(results)]
    for layout in results["layouts"].values():
        parts += [as_markdown(layout), f"CPU time by part, {layout['title']}:", "\n".join(_cpu(layout))]
    return "\n\n".join(parts)


def _machine(results: Json) -> str:
    machine = results["machine"]
    return (
        f"Measured on {results['measured_at'][:10]}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}."
    )


def _cpu(layout: Json) -> Iterator[str]:
    """µs for one delivery, or for one event where nothing is delivered."""
    used = [name for name in PARTS if any(name in scenario["cpu_us"] for scenario in layout["scenarios"].values())]
    yield "| µs for one delivery (or event, where none is delivered) | " + " | ".join(used) + " |"
    yield "|---|" + "---:|" * len(used)
    for name, scenario in layout["scenarios"].items():
        cells = (f"{scenario['cpu_us'][part]:,.0f}" if part in scenario["cpu_us"] else "" for part in used)
        yield f"| {name} | " + " | ".join(cells) + " |"
