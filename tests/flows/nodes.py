"""A node of several: its own copy of the code, directory, log and port; database and queue are the others' too."""

import shutil
import subprocess
import sys
from typing import Any, Self

import requests

from tests.servers.hub import PROJECT, HubServer
from tests.servers.processes import kill_group, start

CODE = ("dispatch", "subscribers", "switchsite", "manage.py")
OPERATOR, PASSWORD = "operator", "a password of this test"


class Node(HubServer):
    """Web server and consumer of one machine. What the processes know beyond `env` lies in their directory."""

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(env)
        self.code = self.directory / "code"
        self.code.mkdir()
        for name in CODE:
            copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
            copy(PROJECT / name, self.code / name)

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, env=self.env, cwd=self.code, capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def _start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        return start([sys.executable, "manage.py", *arguments], self.log, self.env | more, cwd=self.code)

    def kill_consumer(self) -> None:
        """SIGKILL, as when the machine loses its power."""
        kill_group(self.consumers.pop())

    def make_operator(self) -> None:
        self.env["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
        self.manage("createsuperuser", "--noinput", "--username", OPERATOR, "--email", "operator@example.com")


class Operator:
    """Somebody who is signed in at a node's admin."""

    def __init__(self, node: Node) -> None:
        self._admin = f"{node.url}/admin"
        self._session = requests.Session()
        self._post("/login/", username=OPERATOR, password=PASSWORD)

    def edit_subscriber(self, subscriber_id: int, **fields: Any) -> None:
        """Submits its form with these values."""
        self._post(f"/subscribers/subscriber/{subscriber_id}/change/", retry_limit=25, **fields)

    def _post(self, path: str, **fields: Any) -> None:
        self._session.get(self._admin + path, timeout=30).raise_for_status()
        fields["csrfmiddlewaretoken"] = self._session.cookies["csrftoken"]
        answer = self._session.post(self._admin + path, fields, timeout=30, allow_redirects=False)
        assert answer.status_code == 302, answer.text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.close()
