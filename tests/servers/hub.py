"""A real hub: web server and consumer as processes of their own, with their own database and environment."""

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

import jwt

from tests.servers.processes import free_port, kill_group, start, stop, wait_until

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "the secret of a hub that lives as long as a test"


#: What a hub reads of its environment; other tests' or the machine's must not reach it.
SETTINGS = ("SWITCH_", "FAKTORY_", "DATABASE_", "EMAIL_")
#: With these it has its tables in a server.
DATABASE_SERVERS = ("DATABASE_URL", "SWITCH_DB_HOST")


def environment_without(*prefixes: str) -> dict[str, str]:
    """The environment of the tests without the variables whose names begin so."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def answers(url: str) -> bool:
    """Whether there is an answer of 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:  # every URLError is one
        return False


@functools.cache
def migrated_sqlite() -> Path:
    """A file of SQLite with the tables of a new hub: to migrate takes longer than most tests that need a hub."""
    hub = HubServer()
    atexit.register(shutil.rmtree, hub.directory, ignore_errors=True)
    hub.migrate()
    return Path(hub.env["SWITCH_DB_NAME"])


class HubServer:
    """`env` adds to or replaces what the hub sees of the environment; SQLite and the embedded queue without it."""

    def __init__(self, env: dict[str, str] | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="switch-hub-"))
        self.port = free_port()
        self.env = environment_without(*SETTINGS) | {
            "DJANGO_SETTINGS_MODULE": "switchsite.settings",
            "SWITCH_ENV_FILE": os.devnull,
            "SWITCH_SECRET_KEY": SECRET * 2,
            "SWITCH_JWT_SECRET": SECRET,
            "SWITCH_DB_NAME": str(self.directory / "hub.sqlite3"),
            "SWITCH_SERVER_PORT": str(self.port),
            **(env or {}),
        }
        self.log = self.directory / "log"
        self.web: subprocess.Popen[bytes] | None = None
        self.consumers: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, author: str = "tests", **claims: Any) -> str:
        return jwt.encode({"author": author, **claims}, self.env["SWITCH_JWT_SECRET"], algorithm="HS256")

    def manage(self, *arguments: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Runs a management command to its end."""
        command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=timeout)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def start_web(self, **more: str) -> None:
        """`more` is what this process sees of the environment besides what all see."""
        self.web = self._start("serve", **more)
        wait_until(self.answers, "The web server", self.web, self.log)

    def kill_web(self) -> None:
        """SIGKILL to the web server and its workers."""
        if self.web:
            kill_group(self.web)
            self.web = None

    def start_consumer(self, processes: int = 1, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        consumer = self._start("run_consumer", "--processes", str(processes), *arguments, **more)
        self.consumers.append(consumer)
        return consumer

    def stop_consumers(self, number: signal.Signals = signal.SIGTERM) -> list[int]:
        statuses = [stop(consumer, number) for consumer in self.consumers]
        self.consumers.clear()
        return statuses

    def answers(self, path: str = "/healthz") -> bool:
        return answers(f"{self.url}{path}")

    def is_ready(self) -> bool:
        return self.answers("/readyz")

    def has_consumer(self) -> bool:
        return "No consumer is alive." not in self.manage("doctor", check=False).stdout

    def obstacle(self) -> str:
        """What /readyz says is in the way; empty if nothing is."""
        try:
            urllib.request.urlopen(f"{self.url}/readyz", timeout=5).close()
        except urllib.error.HTTPError as error:
            return str(json.loads(error.read())["detail"])
        return ""

    def _start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        return start([sys.executable, str(PROJECT / "manage.py"), *arguments], self.log, self.env | more)

    def stop(self) -> None:
        self.stop_consumers()
        if self.web:
            stop(self.web)
            kill_group(self.web)
            self.web = None

    def migrate(self) -> None:
        self.manage("migrate", "--verbosity", "0")

    def __enter__(self) -> Self:
        if any(name.startswith(DATABASE_SERVERS) for name in self.env):
            self.migrate()
        else:
            shutil.copyfile(migrated_sqlite(), self.env["SWITCH_DB_NAME"])
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
