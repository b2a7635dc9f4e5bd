"""Starting, waiting for and stopping server processes."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

START_SECONDS = 90.0  # a machine that does much else besides
STOP_SECONDS = 15.0


class ServiceMissingError(Exception):
    """A program that a test needs is not installed; the text says which."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    command: list[str], log: Path, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Starts `command` in a process group of its own, its output in `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=env,
            cwd=cwd,
            process_group=0,
        )


def stop(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> int:
    """Ends the process; kills it and its children if it takes too long. Returns its status."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill_group(process)
        return process.wait(STOP_SECONDS)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and all it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(STOP_SECONDS)


def kill_all_in(directory: Path) -> None:
    """SIGKILL to all that work in `directory`, until none is left."""
    while found := all_in(directory):
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)


def all_in(directory: Path) -> list[int]:
    """The ids of the processes that work in `directory`."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _works_in(path, directory)]


def _works_in(process: Path, directory: Path) -> bool:
    try:
        return Path(os.readlink(process / "cwd")) == directory
    except OSError:  # it has ended, or is another user's
        return False


def wait_until(is_ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None, log: Path) -> None:
    """Waits for a server; fails with the end of its log if it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-3000:]
            raise AssertionError(f"{what} {'ended' if ended else 'did not start in time'}:\n{tail}")
        time.sleep(0.05)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children(process: subprocess.Popen[bytes]) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True)
    return [int(each) for each in found.stdout.split()]
