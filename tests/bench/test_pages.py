"""The pages' bench in a short form, on the real parts: every page is asked for, and the slow ones are told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.pages.__main__ import slow, verdict
from bench.processes import ROOT

pytestmark = pytest.mark.timeout(240)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.pages", "--count", "5000", "--tries", "1", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("layout", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_every_page_is_measured_with_its_queries(layout: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if layout == "postgres":
        request.getfixturevalue("postgres_server")
    written = tmp_path / "pages.json"
    done = run("--layout", layout, "--json", str(written), "--most-ms", "60000")
    assert done.returncode == 0, done.stderr
    pages = {page["page"]: page for page in json.loads(written.read_text())["pages"]}
    assert {"dashboard, day", "flow map, week", "what is new", "deliveries", "an event", "storage"} <= pages.keys()
    assert {"a subscriber", "history of a subscriber", "a revert", "import and export"} <= pages.keys()
    assert {"a new replay, counted", "an attempt", "an alert", "alerts", "API keys"} <= pages.keys()
    assert all(page["median_ms"] > 0 for page in pages.values())
    assert 0 < pages["dashboard, a refresh"]["queries"] <= 40
    assert "Slower than 60000 ms: none." in done.stdout


def test_pages_over_the_bound_are_told() -> None:
    pages = [{"page": "quick", "median_ms": 299.0}, {"page": "slow", "median_ms": 301.0}]
    assert slow(pages, 300) == ["slow"]
    assert verdict(pages, 300) == "Slower than 300 ms: slow."
    assert verdict(pages[:1], 300) == "Slower than 300 ms: none."
