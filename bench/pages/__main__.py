"""`python -m bench.pages`: fills a ledger, asks for each page of the admin, and holds the answers against a bound."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import machine
from bench.compiled import BUILT
from bench.hub import environment_of
from bench.layouts import LAYOUTS
from bench.processes import ROOT
from bench.results import Json
from tests.servers.postgres import ServiceMissingError

#: Faktory keeps nothing that a page reads.
FILLED = ("sqlite", "postgres")
#: What an operator may wait for a page.
MOST_MS = 300.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.pages", description="Measures the admin's pages on a long ledger.")
    parser.add_argument("--layout", choices=FILLED, default="sqlite")
    parser.add_argument("--count", type=int, default=1_000_000, metavar="N", help="deliveries in the ledger")
    parser.add_argument("--tries", type=int, default=7, metavar="N", help="of which the median counts")
    parser.add_argument("--most-ms", type=float, default=MOST_MS, help="the bound of a page's median")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    return parser.parse_args()


def main() -> int:
    """0 if every page was quick enough."""
    arguments = _arguments()
    try:
        found = list(_measured(arguments.layout, arguments.count, arguments.tries))
    except ServiceMissingError as error:
        print(f"{LAYOUTS[arguments.layout].title}: left out, {error}")
        return 1
    pages = [each for each in found if "page" in each]
    if arguments.json:
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"measured_at": moment, "machine": machine.describe(), "deliveries": arguments.count}
        arguments.json.write_text(json.dumps({**about, "layout": arguments.layout, "pages": pages}, indent=1) + "\n")
    print(f"{LAYOUTS[arguments.layout].title}, {arguments.count:,} deliveries\n{_table(pages)}")
    print(verdict(pages, arguments.most_ms))
    return int(not pages or bool(slow(pages, arguments.most_ms)))


def slow(pages: Sequence[Json], most_ms: float) -> list[str]:
    return [page["page"] for page in pages if page["median_ms"] > most_ms]


def verdict(pages: Sequence[Json], most_ms: float) -> str:
    return f"Slower than {most_ms:g} ms: {', '.join(slow(pages, most_ms)) or 'none'}."


def _measured(layout: str, count: int, tries: int) -> Iterator[Json]:
    BUILT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=BUILT, prefix="pages-") as directory,
        LAYOUTS[layout].open(Path(directory)) as services,
    ):
        command = [sys.executable, "-m", "bench.pages.ledger", str(count), str(tries)]
        environment = environment_of(services.environment)
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout  # noqa: S101 - it is piped
        for line in process.stdout:
            print(line.rstrip(), file=sys.stderr, flush=True)
            yield json.loads(line)
        if process.wait():
            raise SystemExit("It ended before the last page, see above.")


COLUMNS = {
    "page": "page",
    "first_ms": "first, ms",
    "worst_ms": "worst, ms",
    "looks": "looks",
    "median_ms": "median, ms",
    "queries": "queries",
    "bytes": "bytes",
}


def _table(pages: Sequence[Json]) -> str:
    rows = [list(COLUMNS.values()), *([f"{page[name]}" for name in COLUMNS] for page in pages)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
