"""The compiled parts of the bench: built with Go from `bench/tools` into `build/bench`."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.processes import ROOT

SOURCE = ROOT / "bench" / "tools"
BUILT = ROOT / "build" / "bench"

#: Load and receiver share the machine's cores with the hub. One thread of Go's scheduler carries ten times what a hub
#: sends, and does not spin on a second core while it looks for work (measured: a quarter less CPU a request).
GO_ENVIRONMENT = {**os.environ, "GOMAXPROCS": "1"}


class GoMissingError(Exception):
    """Go is not installed, or could not build the tools; the message says what to do."""


@dataclass(frozen=True)
class Tools:
    receiver: Path
    load: Path


def build() -> Tools:
    """Builds what has changed. Raises GoMissingError."""
    go = shutil.which("go")
    if go is None:
        raise GoMissingError("The bench needs Go 1.22 or later for its load and its receiver: install it (golang).")
    BUILT.mkdir(parents=True, exist_ok=True)
    command = [go, "build", "-o", f"{BUILT}{os.sep}", "./cmd/..."]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GoMissingError(f"Go could not build the bench's tools:\n{done.stderr}")
    return Tools(BUILT / "receiver", BUILT / "load")
