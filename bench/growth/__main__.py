"""`python -m bench.growth`: grows a ledger on each layout, and tells, plots and writes down what that costs."""

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench import machine
from bench.compiled import BUILT
from bench.growth import report
from bench.hub import environment_of
from bench.layouts import LAYOUTS
from bench.processes import ROOT
from bench.rendering import GROWTH, write_between
from bench.results import Json
from tests.servers.postgres import ServiceMissingError

#: Faktory keeps nothing that grows with the ledger.
GROWN = ("sqlite", "postgres")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.growth", description="Measures what a long past costs.")
    parser.add_argument(
        "results", type=Path, nargs="?", help="figures of an earlier run; without it, they are measured"
    )
    parser.add_argument("--layout", choices=[*GROWN, "all"], default="all")
    parser.add_argument("--most", type=int, default=SIZES[-1], metavar="N", help="deliveries in the longest ledger")
    parser.add_argument("--tries", type=int, default=5, metavar="N", help="of each page, of which the quickest counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them as SVG")
    parser.add_argument("--render", type=Path, metavar="PAGE", help="write the table between the marks of this page")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    results: Json = json.loads(arguments.results.read_text()) if arguments.results else _measured(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.plot:
        report.write_picture(arguments.plot, results)
    if arguments.render:
        write_between(arguments.render, GROWTH, f"{machine.sentence(results)}\n\n{report.as_markdown(results)}")
    return int(not results["layouts"] or any(layout["problem"] for layout in results["layouts"].values()))


def _measured(arguments: argparse.Namespace) -> Json:
    names = GROWN if arguments.layout == "all" else [arguments.layout]
    sizes = [size for size in SIZES if size < arguments.most] + [arguments.most]
    layouts = {}
    for name in names:
        try:
            found, problem = _grow(name, sizes, arguments.tries)
        except ServiceMissingError as error:
            print(f"{LAYOUTS[name].title}: left out, {error}", flush=True)
            continue
        if found:
            layouts[name] = {"title": LAYOUTS[name].title, "sizes": found, "problem": problem}
            print(f"\n{report.as_text(layouts[name])}\n{problem}\n", flush=True)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return {"measured_at": moment, "machine": machine.describe(), "layouts": layouts}


def _grow(name: str, sizes: list[int], tries: int) -> tuple[list[Json], str]:
    """The costs at each size that was reached; and if that is not the last one, why."""
    BUILT.mkdir(parents=True, exist_ok=True)
    found: list[Json] = []
    with (
        tempfile.TemporaryDirectory(dir=BUILT, prefix="growth-") as directory,
        LAYOUTS[name].open(Path(directory)) as services,
    ):
        command = [sys.executable, "-m", "bench.growth.ledger", *map(str, (tries, *sizes))]
        environment = environment_of(services.environment)
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout  # noqa: S101 - it is piped
        for line in process.stdout:
            found.append(json.loads(line))
            print(f"{name}: {found[-1]['deliveries']:,} deliveries …", file=sys.stderr, flush=True)
        return found, "It ended before the last size, see above." if process.wait() else ""


if __name__ == "__main__":
    sys.exit(main())
