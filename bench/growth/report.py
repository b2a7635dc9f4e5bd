"""The costs as a table, and into the page that keeps the newest."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.growth.judging import growth
from bench.growth.plot import Lines, draw
from bench.results import Json

KINDS = ("statements", "lists")


def lines_of(sizes: Sequence[Json], kind: str) -> Lines:
    """The costs of each statement or list, by its name."""
    return {name: [(size["deliveries"], size[kind][name]) for size in sizes] for name in sizes[-1][kind]}


def as_text(layout: Json) -> str:
    rows = _all_rows(layout["sizes"])
    head = ("milliseconds", *(f"{size['deliveries']:,}" for size in layout["sizes"]), "")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    table = ["  ".join(_cell(row, widths, column) for column in range(len(head))).rstrip() for row in [head, *rows]]
    return "\n".join([layout["title"], *table])


def as_markdown(results: Json) -> str:
    return "\n\n".join(_markdown(layout) for layout in results["layouts"].values())


def picture(results: Json) -> str:
    return draw(
        {
            f"{layout['title']}: {kind}": lines_of(layout["sizes"], kind)
            for kind in KINDS
            for layout in results["layouts"].values()
        }
    )


def write_picture(path: Path, results: Json) -> None:
    path.write_text(picture(results))


def _all_rows(sizes: Sequence[Json]) -> list[Sequence[str]]:
    return [*(row for kind in KINDS for row in _rows(sizes, kind)), *_rows_of_sizes(sizes)]


def _rows(sizes: Sequence[Json], kind: str) -> Iterator[Sequence[str]]:
    for name, points in lines_of(sizes, kind).items():
        yield (name, *(f"{cost:,.2f}" for _, cost in points), growth(points))


def _rows_of_sizes(sizes: Sequence[Json]) -> Iterator[Sequence[str]]:
    """Bytes for one delivery."""
    for name in sizes[-1]["a delivery"]:
        points = [(size["deliveries"], size["a delivery"][name]) for size in sizes]
        yield (f"a delivery, {name}", *(f"{count:,.0f}" for _, count in points), growth(points))


def _cell(row: Sequence[str], widths: Sequence[int], column: int) -> str:
    is_word = column in (0, len(row) - 1)
    return row[column].ljust(widths[column]) if is_word else row[column].rjust(widths[column])


def _markdown(layout: Json) -> str:
    head = [f"{layout['title']}, ms", *(f"{size['deliveries']:,}" for size in layout["sizes"]), ""]
    rule = ["---", *["---:"] * len(layout["sizes"]), "---"]
    rows = _all_rows(layout["sizes"])
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])
