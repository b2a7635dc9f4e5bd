"""Growth in a short form, on the real parts, and how it judges and draws."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.growth.judging import growth
from bench.growth.report import lines_of, picture
from bench.processes import ROOT

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


@pytest.mark.parametrize(
    ("costs", "verdict"),
    [
        pytest.param((1.0, 1.0, 1.0, 1.0), "flat", id="flat"),
        pytest.param((1.0, 9.0, 10.0, 11.0), "flat", id="flat once a list is full"),
        pytest.param((5.0, 5.0, 6.0, 7.5), "flat", id="within the noise"),
        pytest.param((4.0, 5.0, 7.0, 10.0), "logarithmic", id="logarithmic"),
        pytest.param((1.0, 2.0, 20.0, 200.0), "grows with the power 1.0", id="linear"),
        pytest.param((3.0,), "one size only", id="one size"),
    ],
)
def test_a_cost_is_judged_by_its_last_two_decades(costs: tuple[float, ...], verdict: str) -> None:
    assert growth(list(zip(SIZES, costs, strict=False))) == verdict


@pytest.mark.timeout(240)
@pytest.mark.parametrize("layout", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_short_growth_yields_costs_a_table_and_a_picture(
    layout: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if layout == "postgres":
        request.getfixturevalue("postgres_server")
    written, drawn = tmp_path / "growth.json", tmp_path / "growth.svg"
    command = [sys.executable, "-m", "bench.growth", "--layout", layout, "--most", "20000", "--tries", "1"]
    command += ["--json", str(written), "--plot", str(drawn)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=220)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(written.read_text())
    sizes = results["layouts"][layout]["sizes"]
    assert [size["deliveries"] for size in sizes] == [10_000, 20_000]
    assert {"match", "claim 100", "settle 100"} <= lines_of(sizes, "statements").keys()
    assert {"deliveries", "events", "attempts", "subscribers"} <= lines_of(sizes, "lists").keys()
    assert all(cost > 0 for kind in ("statements", "lists") for size in sizes for cost in size[kind].values())
    assert "deliveries, last page" in done.stdout
    names = {element.text for element in ElementTree.fromstring(drawn.read_text()).iter()}  # noqa: S314 - our own
    assert {"claim 100", "deliveries of a subscriber"} <= names
    assert picture(results) == drawn.read_text()
