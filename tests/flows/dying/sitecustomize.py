"""On a hub's PYTHONPATH this makes its web workers die while they load."""

import importlib.abc
import os
import signal
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any


class Finder(importlib.abc.MetaPathFinder):
    """Finds nothing, but is asked before anybody else."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name == "switchsite.rsgi":
            os.kill(os.getpid(), signal.SIGKILL)
        return None


sys.meta_path.insert(0, Finder())
