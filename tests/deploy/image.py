"""The Dockerfile's steps by hand, in a directory that stands for the image: here runs no engine that could build it."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template

from tests.deploy.files import ROOT, instructions
from tests.deploy.packages import closure, link

#: What the image has of its own; all else is the machine's.
PLACES = ("/opt/switch", "/var/lib/switch", "/tmp/requirements.txt")  # noqa: S108 - the Dockerfile's own
#: What a step on the machine itself would change, or only an engine knows.
LEFT_OUT = {"ARG", "USER", "EXPOSE", "VOLUME", "COMMENT"}


class Image:
    """Both stages share the directory, since a virtual environment works only where it was made.

    Packages are not downloaded: of those of the tests the new environment sees what requirements.txt brings, and no
    others; pip, told to use no index, fails if they are not what it asks for.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1"}
        self.directory = root
        self.command: list[str] = []
        self.health: list[str] = []

    def build(self) -> None:
        for name, value in instructions():
            if name not in LEFT_OUT:
                getattr(self, f"_{name.lower()}")(self._placed(value))

    def run(self, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        env = self.env | more
        return subprocess.run(command, cwd=self.directory, env=env, capture_output=True, text=True, timeout=120)

    @property
    def packages(self) -> Path:
        [found] = self.root.glob("opt/switch/.venv/lib/python*/site-packages")
        return found

    def _placed(self, value: str) -> str:
        for place in PLACES:
            value = value.replace(place, f"{self.root}{place}")
        return value

    def _from(self, value: str) -> None:
        self.directory = self.root

    def _env(self, value: str) -> None:
        for pair in shlex.split(value):
            name, _, given = pair.partition("=")
            self.env[name] = Template(given).substitute(self.env)

    def _workdir(self, value: str) -> None:
        self.directory = Path(value)

    def _copy(self, value: str) -> None:
        *options, source, target = value.split()
        if options:
            assert options == ["--from=packages"]
            assert source == target
            assert Path(source).is_dir(), f"the stage before did not make {source}"
            return
        into = self.directory / target
        into = into / source if target.endswith("/") else into
        into.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, into)
        for path in (into, *into.rglob("*")):  # as a tree that was checked out under a umask of 077
            path.chmod(path.stat().st_mode & 0o700)

    def _run(self, value: str) -> None:
        if value.startswith("groupadd"):
            (self.root / "var/lib/switch").mkdir(parents=True)  # the new user's home
            return
        done = self.run(["sh", "-c", value.replace("python -m venv", f"{sys.executable} -m venv")])
        assert done.returncode == 0, done.stdout + done.stderr
        if "-m venv" in value:
            for package in closure((ROOT / "requirements.txt").read_text()).values():
                link(package, self.packages)

    def _healthcheck(self, value: str) -> None:
        self.health = json.loads(value.partition("CMD ")[2])

    def _cmd(self, value: str) -> None:
        self.command = json.loads(value)
