"""Shows in a terminal how far a long command is: a bar on a terminal, a line for each step elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from django.core.management.base import OutputWrapper
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dispatch.management.terminal import console_for
from dispatch.models import Replay
from dispatch.replays.telling import progress

LOOK_SECONDS = 0.5


class Bar(Protocol):
    """`tell` says in words how far it is, and of how much, if that is known."""

    def tell(self, text: str, done: int, total: int | None = None) -> None: ...


@contextmanager
def bar(output: OutputWrapper) -> Iterator[Bar]:
    if not output.isatty():
        yield _Lines(output)
        return
    columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    ending = output.ending
    try:
        with Progress(*columns, console=console_for(output)) as shown:
            yield _Bar(shown)
    finally:
        output.ending = ending


class _Bar:
    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._task = shown.add_task("", total=None)

    def tell(self, text: str, done: int, total: int | None = None) -> None:
        self._shown.update(self._task, description=text, completed=done, total=total)


class _Lines:
    def __init__(self, output: OutputWrapper) -> None:
        self._output = output
        self._told = ""

    def tell(self, text: str, done: int, total: int | None = None) -> None:
        if text != self._told:
            self._output.write(text)
            self._output.flush()
            self._told = text


def watch(replay: Replay, output: OutputWrapper) -> Replay:
    """Waits until the replay is over, or Ctrl-C, which does not stop it; returns it as it is then."""
    try:
        with bar(output) as shown:
            while replay.is_running:
                time.sleep(LOOK_SECONDS)
                replay.refresh_from_db()
                shown.tell(progress(replay), replay.done + replay.left_out, replay.total)
    except KeyboardInterrupt:
        pass
    return replay
