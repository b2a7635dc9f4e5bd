"""Granian's main process, as `manage.py serve` starts it: by its path, with nothing of Django in it.

Granian forks its workers, and they inherit its handlers of signals, which note that the main process is to end and
nothing else. A worker that was told to stop while it still loaded so forgot it, and was waited for until it was killed.
Here what is told to a worker waits for it instead: signals are held back from the fork on, until `switchsite.rsgi` lets
them through.
"""

import os
import signal

from granian.cli import entrypoint

STOPS = (signal.SIGTERM, signal.SIGINT)


def _hold_back() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)


def _let_through() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


if __name__ == "__main__":
    os.register_at_fork(before=_hold_back, after_in_parent=_let_through)
    entrypoint()  # type: ignore[no-untyped-call] # Granian types the rest
