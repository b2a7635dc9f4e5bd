"""Runs the commands of a page of the docs as they stand there, against a real hub."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from tests.servers.hub import PROJECT
from tests.servers.processes import kill_group, start, wait_until

BEGIN = "set -eu -o pipefail\n"
BETWEEN = "\necho; echo ----\n"
#: Long enough for a consumer that ends what it has in flight.
END_SECONDS = 60.0


class Hub(Protocol):
    """Whose environment the commands are typed in."""

    env: dict[str, str]

    @property
    def url(self) -> str: ...


def page(name: str) -> str:
    return (Path(__file__).parents[2] / "docs" / name).read_text()


def blocks(text: str, language: str = "bash") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def run(
    hub: Hub, commands: Sequence[str], instead: Mapping[str, str] | None = None, cwd: Path = PROJECT, **env: str
) -> list[str]:
    """What each block told, in one shell; `instead` puts what the test has for what the page names."""
    done = subprocess.run(
        ["bash", "-c", _script(hub, BETWEEN.join(commands), instead)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=_environment(hub, env),
        timeout=150,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.split("\n----\n")
    assert len(told) == len(commands)
    return told


@dataclass(frozen=True)
class Running:
    """Commands of which the last goes on until Ctrl-C."""

    process: subprocess.Popen[bytes]
    log: Path

    def told(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.told(), f"{text!r}", self.process, self.log)

    def interrupt(self) -> None:
        """As a terminal does on Ctrl-C, unless it has ended: asks the whole group of processes, waits for the shell."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(END_SECONDS)


@contextmanager
def running(
    hub: Hub, commands: str, instead: Mapping[str, str] | None = None, cwd: Path = PROJECT, **env: str
) -> Iterator[Running]:
    """The block in a shell of its own, which gets a Ctrl-C at the end of the `with`."""
    with TemporaryDirectory(prefix="switch-typed-") as directory:
        log = Path(directory) / "log"
        process = start(["bash", "-c", _script(hub, commands, instead)], log, _environment(hub, env), cwd)
        try:
            typed = Running(process, log)
            yield typed
            typed.interrupt()
        finally:
            kill_group(process)


def _script(hub: Hub, commands: str, instead: Mapping[str, str] | None) -> str:
    here = {".venv/bin/python": sys.executable, "http://127.0.0.1:8000": hub.url, **(instead or {})}
    for shown, real in here.items():
        assert shown in commands or shown not in (instead or {}), f"the page does not speak of {shown}"
        commands = commands.replace(shown, real)
    return BEGIN + commands


def _environment(hub: Hub, more: Mapping[str, str]) -> dict[str, str]:
    return hub.env | {"PATH": os.environ["PATH"], **more}
