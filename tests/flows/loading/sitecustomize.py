"""On a hub's PYTHONPATH this makes its web workers wait while they load.

IS_LOADING is a file that tells that one does, MAY_LOAD one that lets them go on.
"""

import importlib.abc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any


class Finder(importlib.abc.MetaPathFinder):
    """Finds nothing, but is asked before anybody else."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name == "switchsite.rsgi":
            Path(os.environ["IS_LOADING"]).touch()
            while not Path(os.environ["MAY_LOAD"]).exists():
                time.sleep(0.01)
        return None


sys.meta_path.insert(0, Finder())
