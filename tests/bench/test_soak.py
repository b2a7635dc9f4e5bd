"""The soak in a short form, and how it judges."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.processes import ROOT
from bench.receiver import Arrivals
from bench.soak import FAN_OUT, SLICES, WARM_UP, _results, as_markdown, as_text, tenths

COUNT = SLICES * FAN_OUT


def test_each_tenth_is_the_mean_of_its_samples() -> None:
    assert tenths([float(number) for number in range(100)]) == [4.5 + 10 * tenth for tenth in range(10)]


@pytest.mark.parametrize(
    ("last", "is_flat"),
    [pytest.param(104.9, True, id="within a twentieth"), pytest.param(105.1, False, id="beyond")],
)
def test_memory_is_flat_if_the_last_tenth_needs_hardly_more_than_the_first(last: float, is_flat: bool) -> None:
    samples = [100.0] * (SLICES - 10) + [last] * 10
    results = _results("sqlite", COUNT, samples, Arrivals(COUNT, COUNT, 0, 0, 0, 0, 0), 1.0)
    assert results["is_flat"] is is_flat
    assert ("NOT FLAT" in as_text(results)) is not is_flat
    assert f"| {last:.1f} |" in as_markdown(results)


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("_go")
def test_a_short_soak_delivers_all_and_draws_the_curve(tmp_path: Path) -> None:
    written = tmp_path / "soak.json"
    command = [sys.executable, "-m", "bench.soak", "--count", str(COUNT), "--json", str(written)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=220)
    assert written.exists(), done.stderr
    results = json.loads(written.read_text())
    assert (results["delivered"], results["duplicates"]) == (COUNT + WARM_UP * FAN_OUT, 0)
    assert len(results["samples_mib"]) == SLICES
    assert min(results["samples_mib"]) > 0
    # So short a run begins before the consumer has what it needs for good, and may be judged either way.
    assert done.returncode == int(not results["is_flat"])
    assert done.stdout.count(" MiB ") == 10
