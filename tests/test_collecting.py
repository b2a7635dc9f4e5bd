"""The order of the files, which parallel testers take from."""

import subprocess
import sys
from pathlib import Path

LONGEST = "tests/faults/test_consumer_steps.py"
LONG = "tests/browser/test_sign_in.py"
SHORT = "tests/test_theme.py"
QUICK = "tests/subscribers/index/test_ordered.py"


def test_files_that_take_long_begin_first_and_quick_ones_last() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", QUICK, SHORT, LONG, LONGEST]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    tests = [line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line]
    assert list(dict.fromkeys(tests)) == [LONGEST, LONG, SHORT, QUICK]
