"""Kept results: one file for each run worth comparing with, named by its day and layouts."""

import json
from pathlib import Path

from bench.processes import ROOT
from bench.results import SCHEMA, Json

DIRECTORY = ROOT / "bench" / "results"


def keep(results: Json, directory: Path = DIRECTORY) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / f"{results['measured_at'][:10]}-{'-'.join(results['layouts'])}.json"
    path.write_text(json.dumps(results, indent=1) + "\n")
    return path


def kept(directory: Path = DIRECTORY) -> list[Json]:
    """All that are kept and can be compared with, the newest first."""
    found = [json.loads(path.read_text()) for path in directory.glob("*.json")]
    fitting = [results for results in found if results["schema"] == SCHEMA]
    return sorted(fitting, key=lambda results: str(results["measured_at"]), reverse=True)
