"""Several consumer processes under one command: started, watched, stopped together."""

import logging
import os
import signal
import subprocess
import sys
import time
from types import FrameType

#: A process that ends sooner than this after its start is not started again at once.
SHORT_LIFE_SECONDS = 5.0
LOOK_SECONDS = 0.2

logger = logging.getLogger(__name__)


class Supervisor:
    """Runs `command` in so many processes; one that dies is started again, one that was told to end is not."""

    def __init__(self, command: list[str], processes: int) -> None:
        self.command = command
        self.processes = processes
        self._children: dict[subprocess.Popen[bytes], float] = {}
        self._is_stopping = False

    def run(self) -> None:
        """Until all processes have ended: by SIGTERM or SIGINT, which it passes on, or as the queue told them."""
        signal.signal(signal.SIGTERM, self._pass_on)
        signal.signal(signal.SIGINT, self._pass_on)
        while self._children or (self.processes and not self._is_stopping):
            self._start_missing()
            time.sleep(LOOK_SECONDS)
            self._bury()

    def _start_missing(self) -> None:
        while not self._is_stopping and len(self._children) < self.processes:
            # A session of its own: Ctrl-C reaches a child once, from us, and not a second time from the terminal.
            child = subprocess.Popen(self.command, start_new_session=True)  # noqa: S603 - our own command
            self._children[child] = time.monotonic()

    def _bury(self) -> None:
        for child in [child for child in self._children if child.poll() is not None]:
            lived = time.monotonic() - self._children.pop(child)
            if self._is_stopping:
                continue
            if child.returncode == 0:
                self.processes -= 1
                continue
            logger.error("Consumer process %d ended with status %s; starting another.", child.pid, child.returncode)
            if lived < SHORT_LIFE_SECONDS:
                time.sleep(SHORT_LIFE_SECONDS - lived)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping = True
        for child in self._children:
            child.send_signal(number)


def child_command(concurrency: int) -> list[str]:
    manage = os.path.abspath(sys.argv[0])
    counts = ("--processes", "1", "--concurrency", str(concurrency))
    return [sys.executable, manage, "run_consumer", *counts, "--supervisor", str(os.getpid())]
