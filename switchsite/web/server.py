"""Granian's main process, as `manage.py serve` starts it: by its path, with nothing of Django in it.

Granian forks its workers, and they inherit its handlers of signals, which note that the main process is to end and
nothing else. A worker that was told to stop while it still loaded so forgot it, and was waited for until it was killed.
Here what is told to a worker waits for it instead: signals are held back from the fork on, until `switchsite.rsgi` lets
them through.

Granian also ends with all of its workers when one dies within seconds of its start. Here it goes on until that has
happened several times in a minute: a second death is no loop yet.
"""

import os
import signal
import time
from collections import deque
from typing import Any

from granian.cli import entrypoint
from granian.server import Server

STOPS = (signal.SIGTERM, signal.SIGINT)
#: Once so many have died in such a time, the next that dies within seconds of its start ends the server.
DEATHS = 8
DEATHS_SECONDS = 60.0


def _hold_back() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)


def _let_through() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def _bear_deaths() -> None:
    """Has Granian forget when it started the workers that stand for dead ones, by which it tells a loop."""
    start, deaths = Server._respawn_workers, deque[float](maxlen=DEATHS)

    def start_and_forget(server: Any, workers: list[int], *arguments: Any, **more: Any) -> None:
        deaths.extend([time.monotonic()] * len(workers))
        start(server, workers, *arguments, **more)
        is_loop = len(deaths) == DEATHS and deaths[-1] - deaths[0] < DEATHS_SECONDS
        if not is_loop:
            server.respawned_wrks.clear()

    Server._respawn_workers = start_and_forget  # type: ignore[method-assign, assignment] # Granian offers no setting


if __name__ == "__main__":
    _bear_deaths()
    os.register_at_fork(before=_hold_back, after_in_parent=_let_through)
    entrypoint()  # type: ignore[no-untyped-call] # Granian types the rest
