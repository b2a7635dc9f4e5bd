"""One run of the bench: each layout is set up, measured between looks at the references, and told."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench import compiled, references, running
from bench.figures import TIMES, Figure
from bench.hub import Hub
from bench.layouts import LAYOUTS
from bench.receiver import Receiver
from bench.report import as_text
from bench.results import Json, LayoutResult, as_json
from bench.running import Result, Stage
from bench.scenarios import TARGET_REFERENCE, Scenario
from tests.servers.postgres import ServiceMissingError


def run_layouts(names: Sequence[str], scenarios: Sequence[Scenario]) -> Json:
    """Measures the scenarios on each layout, and prints as it goes; a layout whose server is missing is left out.

    Raises GoMissingError, and ProcessError if a process of the bench or of the hub fails.
    """
    tools = compiled.build()
    results: list[LayoutResult] = []
    for name in names:
        fitting = [scenario for scenario in scenarios if name in scenario.layouts]
        # Beside the code, not in /tmp: that may be memory, where a commit costs nothing.
        with tempfile.TemporaryDirectory(dir=compiled.BUILT, prefix="run-") as directory:
            try:
                results.append(_run_layout(name, fitting, tools, Path(directory)))
            except ServiceMissingError as error:
                print(f"{LAYOUTS[name].title}: left out, {error}", flush=True)
                continue
        print(f"\n{as_text(as_json(results)['layouts'][name])}\n", flush=True)
    return as_json(results)


def _run_layout(name: str, scenarios: Sequence[Scenario], tools: compiled.Tools, directory: Path) -> LayoutResult:
    layout = LAYOUTS[name]
    with (
        Receiver(tools, directory) as receiver,
        layout.open(directory) as services,
        Hub(services.environment, directory) as hub,
    ):
        results = _run_scenarios(Stage(hub, receiver, tools, services), scenarios)
    return LayoutResult(name, layout.title, results)


def _run_scenarios(stage: Stage, scenarios: Sequence[Scenario]) -> list[Result]:
    """The references are measured between all scenarios: a machine that others use too is not equally fast for long."""
    running.prepare(stage)
    found: dict[str, Result] = {}
    before = references.measure(stage.receiver)
    pace = min(before.session / TARGET_REFERENCE, 1.0)
    for scenario in scenarios:
        print(f"{scenario.name} …", end=" ", file=sys.stderr, flush=True)
        result = running.run(stage, scenario, pace)
        after = references.measure(stage.receiver)
        found[scenario.name] = _held_against(found, replace(result, references=before.between(after)))
        before = after
    print(file=sys.stderr)
    return list(found.values())


def _held_against(found: Mapping[str, Result], result: Result) -> Result:
    base = found.get(result.scenario.against)
    if base is None:
        return result
    times: dict[Figure, float] = {
        ratio: result.figures[figure] / base.figures[figure]
        for figure, ratio in TIMES.items()
        if figure in result.figures and base.figures.get(figure)
    }
    return replace(result, figures={**result.figures, **times})
