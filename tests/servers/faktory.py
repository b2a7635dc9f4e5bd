"""A real Faktory with its Redis and a password."""

import json
import os
import shutil
import subprocess
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from tests.servers.processes import ServiceMissingError, accepts, free_port, kill_group, start, stop, wait_until

PROJECT = Path(__file__).resolve().parents[2]
#: Needs percent-encoding in a URL, as real passwords do.
PASSWORD = "p@ss w:rd/1"


def find_binary() -> str:
    """FAKTORY_BINARY, what tools/install_services builds, or the one on PATH."""
    if not shutil.which("redis-server"):
        raise ServiceMissingError("redis-server, which Faktory starts, is not installed")
    for candidate in (os.environ.get("FAKTORY_BINARY"), PROJECT / "build" / "faktory", shutil.which("faktory")):
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    raise ServiceMissingError("faktory is not installed; tools/install_services builds it")


class FaktoryServer:
    def __init__(self, password: str = PASSWORD) -> None:
        self.binary = find_binary()
        self.password = password
        self.directory = Path(tempfile.mkdtemp(prefix="faktory-", dir="/tmp"))
        self.port, self.web_port = free_port(), free_port()
        self.log = self.directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"tcp://:{quote(self.password, safe='')}@127.0.0.1:{self.port}"

    @property
    def web_url(self) -> str:
        return f"http://:{quote(self.password, safe='')}@127.0.0.1:{self.web_port}"

    @property
    def group(self) -> int:
        """The id of the process group of Faktory and its Redis."""
        assert self._process is not None
        return self._process.pid

    @property
    def connections(self) -> int:
        """How many clients it believes connected. One that was killed is among them until its FETCH ends, two seconds
        later, and what that FETCH is given meanwhile is lost with it."""
        with urlopen(self._request("/stats"), timeout=10) as answer:
            return int(json.loads(answer.read())["server"]["connections"])

    def signal(self, worker_id: str, wish: str) -> None:
        """What the buttons of its page "Busy" do: tells a consumer to be `quiet` or to `terminate`."""
        body = urlencode({"wid": worker_id, "signal": wish}).encode()
        with urlopen(self._request("/busy", body), timeout=10) as answer:
            assert answer.status == 200

    def _request(self, path: str, body: bytes | None = None) -> Request:
        credentials = b64encode(f":{self.password}".encode()).decode()
        return Request(f"http://127.0.0.1:{self.web_port}{path}", body, {"Authorization": f"Basic {credentials}"})

    def start(self) -> None:
        env = os.environ | {"FAKTORY_PASSWORD": self.password}
        command = [self.binary, "-b", f"127.0.0.1:{self.port}", "-w", f"127.0.0.1:{self.web_port}"]
        command += ["-d", str(self.directory / "storage"), "-c", str(self.directory / "config")]
        self._process = start(command, self.log, env)
        wait_until(lambda: accepts(self.port), "Faktory", self._process, self.log)

    def stop(self) -> None:
        """In good order: it saves its jobs."""
        if self._process:
            stop(self._process)
            kill_group(self._process)
            self._process = None

    def kill(self) -> None:
        """SIGKILL to Faktory and its Redis: what was not saved is lost."""
        if self._process:
            kill_group(self._process)
            self._process = None

    def wipe(self) -> None:
        """Kills it and removes its storage."""
        self.kill()
        shutil.rmtree(self.directory / "storage", ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
