"""On a hub's PYTHONPATH this kills a process at one point of its work, once: the command itself is the real one.

DIE_AT is `module:function:before` or `…:after` (a method is written Class.method). DIE_MARK is a file that tells that
it was done. DIE_VICTIMS are process groups, or directories whose processes, to kill instead of the process itself.
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

from tests.servers.processes import kill_all_in

MODULE, FUNCTION, MOMENT = os.environ["DIE_AT"].split(":")


def strike() -> None:
    try:
        os.close(os.open(os.environ["DIE_MARK"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    victims = os.environ.get("DIE_VICTIMS", "")
    for victim in victims.split():
        if victim.isdecimal():
            os.killpg(int(victim), signal.SIGKILL)
        else:
            kill_all_in(Path(victim))
    if not victims:
        os.kill(os.getpid(), signal.SIGKILL)


def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        if MOMENT == "before":
            strike()
        result = function(*arguments, **options)
        if MOMENT == "after":
            strike()
        return result

    return wrapped


class Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        holder: Any = module
        *classes, name = FUNCTION.split(".")
        for each in classes:
            holder = getattr(holder, each)
        setattr(holder, name, deadly(getattr(holder, name)))


class Finder(importlib.abc.MetaPathFinder):
    """Loads the one module by `Loader`, before anybody can import the function from it."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name != MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec is not None and spec.origin is not None  # noqa: PT018
        return importlib.util.spec_from_file_location(name, spec.origin, loader=Loader(name, spec.origin))


sys.meta_path.insert(0, Finder())
