"""The bench in a short form, on the real parts, so that it cannot rot. No figure is judged: other runs do that."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.processes import ROOT

SCENARIOS = "publish,fan-out-10,hanging-1-of-20,match-100"
SHOWN = {
    ("publish", "published_per_second"),
    ("fan-out-10", "delivered_per_second"),
    ("healthy-20", "delivery_p50_ms"),
    ("healthy-20", "delivery_p99_ms"),
    ("hanging-1-of-20", "delivery_p99_ms"),
    ("hanging-1-of-20", "delivery_p99_times"),
    ("match-100", "match_p50_ms"),
    ("match-100", "answer_p50_ms"),
}


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("_go")
def test_the_short_form_yields_its_figures(tmp_path: Path) -> None:
    results = run_bench(tmp_path, "--short", "--only", SCENARIOS)
    scenarios = results["layouts"]["sqlite"]["scenarios"]
    shown = {
        (name, figure)
        for name, scenario in scenarios.items()
        for figure, found in scenario["figures"].items()
        if found["is_shown"] and found["value"] > 0 and found["in_r"] > 0
    }
    assert shown == SHOWN
    assert (scenarios["fan-out-10"]["deliveries"], scenarios["fan-out-10"]["duplicates"]) == (4000, 0)
    assert scenarios["fan-out-10"]["cpu_us"]["consumer"] > 0
    assert all(not scenario["problem"] for scenario in scenarios.values())


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("_go", "postgres_server", "faktory_server")
@pytest.mark.parametrize("layout", ["postgres", "faktory"])
def test_the_short_form_runs_on_the_other_layouts(layout: str, tmp_path: Path) -> None:
    results = run_bench(tmp_path, "--short", "--layout", layout, "--only", "fan-out-10")
    assert results["layouts"][layout]["scenarios"]["fan-out-10"]["deliveries"] == 4000


def run_bench(directory: Path, *arguments: str) -> dict[str, Any]:
    written = directory / "results.json"
    command = [sys.executable, "-m", "bench", "--json", str(written), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=220)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "target" in done.stdout
    found: dict[str, Any] = json.loads(written.read_text())
    return found


@pytest.mark.usefixtures("_go")
def test_the_compiled_tools_pass_their_own_tests() -> None:
    done = subprocess.run(["go", "test", "./..."], cwd=ROOT / "bench" / "tools", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
