"""`python -m bench`: its arguments, and one run."""

import argparse
import json
import sys
from pathlib import Path

from bench.compiled import GoMissingError
from bench.layouts import LAYOUTS
from bench.processes import ProcessError
from bench.report import as_json
from bench.scenarios import SCENARIOS
from bench.session import run_layouts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measures Switch against references of the same run.")
    parser.add_argument("--layout", choices=[*LAYOUTS, "all"], default="sqlite")
    parser.add_argument("--scenario", nargs="+", choices=[each.name for each in SCENARIOS], metavar="NAME")
    parser.add_argument("--short", action="store_true", help="a sixth of the load: does it work, not how fast is it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures here")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    chosen = [each for each in SCENARIOS if not arguments.scenario or each.name in arguments.scenario]
    scenarios = [each.shortened() for each in chosen] if arguments.short else chosen
    layouts = list(LAYOUTS) if arguments.layout == "all" else [arguments.layout]
    try:
        results = run_layouts(layouts, scenarios)
    except (GoMissingError, ProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(results), indent=1) + "\n")
    return 1 if not results or any(each.problem for layout in results for each in layout.results) else 0


if __name__ == "__main__":
    sys.exit(main())
