"""Processes of the bench's own: started in a group of their own with their output in a file, and ended by SIGTERM."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Above the consumer's own grace time.
STOP_SECONDS = 45
TOLD_LINES = 15


class ProcessError(Exception):
    """A process ended, or did not do what it was started for; the message holds the end of its output."""


class Process:
    """One running command."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> None:
        self.command = [str(word) for word in command]
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                self.command, env=dict(environment), stdout=output, stderr=output, cwd=ROOT, start_new_session=True
            )

    @property
    def process_id(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def failure(self, sentence: str) -> ProcessError:
        """The sentence as an error, with what the process said last."""
        lines = self.log.read_text(errors="replace").splitlines()[-TOLD_LINES:]
        return ProcessError("\n".join([f"{sentence} ({' '.join(self.command[:3])} …)", *lines]))

    def stop(self) -> None:
        """Ends it, by force if it does not end in time. The group is killed last: a child may have outlived it."""
        if self.is_running:
            self._popen.terminate()
        try:
            self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
