"""On a hub's PYTHONPATH this lets a process die at a point of its work when told to: the command is the real one.

DIE_ORDER is a file that tells so, once, as soon as it is there: its first line is the point, the others are process
groups, or directories whose processes, to kill instead of the process itself. It is renamed by whoever obeys it.
"""

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.faults.points import Point
from tests.servers.processes import kill_all_in

ORDER = Path(os.environ["DIE_ORDER"])


def pass_by(point: Point) -> None:
    try:
        wanted, *victims = ORDER.read_text().splitlines()
        if wanted != point:
            return
        ORDER.rename(ORDER.with_suffix(".obeyed"))
    except FileNotFoundError:  # there is none, or another process was quicker
        return
    for victim in victims:
        if victim.isdecimal():
            os.killpg(int(victim), signal.SIGKILL)
        else:
            kill_all_in(Path(victim))
    if not victims:
        os.kill(os.getpid(), signal.SIGKILL)


def mortal(function: Callable[..., Any], before: Point | None, after: Point | None) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        if before:
            pass_by(before)
        result = function(*arguments, **options)
        if after:
            pass_by(after)
        return result

    return wrapped


#: The points of each function, by the function's module.
POINTS: dict[str, dict[str, dict[str, Point]]] = {}
for each in Point:
    module_name, function_name, moment = each.split(":")
    POINTS.setdefault(module_name, {}).setdefault(function_name, {})[moment] = each


class Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for path, moments in POINTS[module.__name__].items():
            holder: Any = module
            *classes, name = path.split(".")
            for each in classes:
                holder = getattr(holder, each)
            setattr(holder, name, mortal(getattr(holder, name), moments.get("before"), moments.get("after")))


class Finder(importlib.abc.MetaPathFinder):
    """Loads the modules by `Loader`, before anybody can import the functions from them."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name not in POINTS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec is not None and spec.origin is not None  # noqa: PT018
        return importlib.util.spec_from_file_location(name, spec.origin, loader=Loader(name, spec.origin))


sys.meta_path.insert(0, Finder())
