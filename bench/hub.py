"""The hub under test: the project's own commands, started as the Procfile does."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import jwt
import requests

from bench import seeding
from bench.processes import ROOT, Process, ProcessError
from bench.seeding import NewSubscriber

MANAGE = [sys.executable, str(ROOT / "manage.py")]
START_SECONDS = 30
#: What the operator has set for other hubs must not leak into this one.
FOREIGN = ("SWITCH_", "FAKTORY_", "DATABASE_URL", "DJANGO_")


def environment_of(layout: Mapping[str, str]) -> dict[str, str]:
    """That of a hub's processes on the layout, with secrets of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return own | {
        "DJANGO_SETTINGS_MODULE": "switchsite.settings",
        "SWITCH_ENV_FILE": os.devnull,
        "SWITCH_SECRET_KEY": secrets.token_urlsafe(48),
        "SWITCH_JWT_SECRET": secrets.token_urlsafe(48),
        **layout,
    }


class Hub:
    """A web server, and a consumer that can be stopped and started beside it. `layout` is the layout's environment."""

    def __init__(self, layout: Mapping[str, str], directory: Path) -> None:
        self._directory = directory
        secret = secrets.token_urlsafe(48)
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.token = jwt.encode({"author": "bench"}, secret, "HS256")
        self.environment = environment_of(layout) | {"SWITCH_JWT_SECRET": secret, "SWITCH_SERVER_PORT": str(port)}
        self._web: Process | None = None
        self._consumer: Process | None = None
        self._consumer_processes: int | None = None

    def __enter__(self) -> Self:
        try:
            self._migrate()
            self._web = self._start("serve")
            self._wait_until_ready(self._web)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop_consumer()
        if self._web is not None:
            self._web.stop()

    def subscribe(self, subscribers: Iterable[NewSubscriber]) -> None:
        """Stores the subscribers, and makes the hub know them."""
        seeding.insert(self.environment, subscribers)
        self._refresh()

    def clear(self) -> None:
        """Takes away the subscribers and all that waits, so that one scenario's leavings do not burden the next."""
        seeding.clear(self.environment)
        self._refresh()

    def processes(self) -> dict[str, int]:
        """The process of each part that runs."""
        parts = {"web": self._web, "consumer": self._consumer}
        return {name: process.process_id for name, process in parts.items() if process is not None}

    def ensure_consumer(self, processes: int | None) -> bool:
        """Has a consumer of so many processes run; None is the command's own default. Whether it had to start one."""
        if self._consumer is not None and self._consumer_processes == processes:
            return False
        self.stop_consumer()
        self._consumer_processes = processes
        self._consumer = self._start("run_consumer", *(("--processes", str(processes)) if processes else ()))
        return True

    def stop_consumer(self) -> None:
        if self._consumer is not None:
            self._consumer.stop()
        self._consumer = None

    def check(self) -> None:
        """Raises ProcessError if a part of the hub has ended by itself."""
        for process in (self._web, self._consumer):
            if process is not None and not process.is_running:
                raise process.failure("A part of the hub ended.")

    def _refresh(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        requests.get(f"{self.url}/refresh", headers=headers, timeout=START_SECONDS).raise_for_status()

    def _start(self, command: str, *arguments: str) -> Process:
        log = self._directory / f"{command}.log"
        return Process([*MANAGE, command, *arguments], self.environment, log)

    def _migrate(self) -> None:
        command = [*MANAGE, "migrate", "--verbosity", "0"]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProcessError(f"The hub's database could not be made:\n{done.stderr[-2000:]}")

    def _wait_until_ready(self, web: Process) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and web.is_running:
            if _answers(f"{self.url}/readyz"):
                return
            time.sleep(0.05)
        raise web.failure("The hub does not become ready.")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
