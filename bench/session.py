"""One run of the bench: each layout is set up, measured between two looks at the references, and told."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import compiled, references, running
from bench.hub import Hub
from bench.layouts import LAYOUTS
from bench.receiver import Receiver
from bench.report import LayoutResult, as_text
from bench.running import Result, Stage
from bench.scenarios import Scenario
from tests.servers.postgres import ServiceMissingError


def run_layouts(names: Sequence[str], scenarios: Sequence[Scenario]) -> list[LayoutResult]:
    """Measures the scenarios on each layout, and prints as it goes; a layout whose server is missing is left out.

    Raises GoMissingError, and ProcessError if a process of the bench or of the hub fails.
    """
    tools = compiled.build()
    results = []
    for name in names:
        # Beside the code, not in /tmp: that may be memory, where a commit costs nothing.
        with tempfile.TemporaryDirectory(dir=compiled.BUILT, prefix="run-") as directory:
            try:
                results.append(_run_layout(name, scenarios, tools, Path(directory)))
            except ServiceMissingError as error:
                print(f"{LAYOUTS[name].title}: left out, {error}", flush=True)
                continue
        print(f"\n{as_text(results[-1])}\n", flush=True)
    return results


def _run_layout(name: str, scenarios: Sequence[Scenario], tools: compiled.Tools, directory: Path) -> LayoutResult:
    layout = LAYOUTS[name]
    with Receiver(tools, directory) as receiver:
        before = references.measure(receiver)
        with layout.open(directory) as environment, Hub(environment, directory) as hub:
            results = _run_scenarios(Stage(hub, receiver, tools), scenarios)
        after = references.measure(receiver)
    return LayoutResult(name, layout.title, before, after, results)


def _run_scenarios(stage: Stage, scenarios: Sequence[Scenario]) -> list[Result]:
    running.prepare(stage)
    results = []
    for scenario in scenarios:
        print(f"{scenario.name} …", end=" ", file=sys.stderr, flush=True)
        results.append(running.run(stage, scenario))
    print(file=sys.stderr)
    return results
