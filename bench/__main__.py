"""`python -m bench`: its arguments; a run, or a look at an earlier one."""

import argparse
import json
import sys
from pathlib import Path

from bench import comparing, keeping, rendering
from bench.compiled import GoMissingError
from bench.layouts import LAYOUTS
from bench.processes import ProcessError
from bench.results import Json
from bench.scenarios import SCENARIOS, chosen
from bench.session import run_layouts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measures Switch against references of the same run.")
    parser.add_argument(
        "results", type=Path, nargs="?", help="figures of an earlier run; without it, they are measured"
    )
    parser.add_argument("--layout", choices=[*LAYOUTS, "all"], default="all")
    parser.add_argument("--only", type=_names, default=[], metavar="NAME,…", help="these scenarios alone")
    parser.add_argument("--short", action="store_true", help="a sixth of the load: does it work, not how fast is it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--keep", action="store_true", help="keep the figures in bench/results, to compare with")
    parser.add_argument("--compare", action="store_true", help="say what changed since the last kept figures")
    parser.add_argument("--render", type=Path, metavar="PAGE", help="write the tables between the marks of this page")
    parser.add_argument("--list", action="store_true", help="tell the scenarios' names")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - {scenario.name for scenario in SCENARIOS}:
        raise argparse.ArgumentTypeError(f"there is no scenario {', '.join(sorted(unknown))}")
    return names


def _measured(arguments: argparse.Namespace) -> Json:
    scenarios = chosen(arguments.only)
    if arguments.short:
        scenarios = [scenario.shortened() for scenario in scenarios]
    return run_layouts(list(LAYOUTS) if arguments.layout == "all" else [arguments.layout], scenarios)


def main() -> int:
    arguments = _arguments()
    if arguments.list:
        print(*(scenario.name for scenario in SCENARIOS), sep="\n")
        return 0
    try:
        results = json.loads(arguments.results.read_text()) if arguments.results else _measured(arguments)
    except (GoMissingError, ProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.compare:
        print(comparing.as_text(results, keeping.kept()))
    if arguments.keep:
        print(f"Kept as {keeping.keep(results)}.")
    if arguments.render:
        rendering.render(arguments.render, results)
    return int(not results["layouts"] or any(_problems(results)))


def _problems(results: Json) -> list[str]:
    return [scenario["problem"] for layout in results["layouts"].values() for scenario in layout["scenarios"].values()]


if __name__ == "__main__":
    sys.exit(main())
