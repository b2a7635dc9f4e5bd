"""A fresh copy of the project, as somebody has it who has just cloned it: without settings, data or anything built."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.servers.fixtures import missing
from tests.servers.hub import PROJECT, SETTINGS, answers, environment_without
from tests.servers.processes import all_in, free_port, kill_all_in


class Newcomer:
    """Only the port is not the one of the docs: it may be taken."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.env = environment_without(*SETTINGS, "DJANGO_", "MAKE", "MFLAGS") | {"SWITCH_SERVER_PORT": str(self.port)}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        return answers(f"{self.url}/readyz")

    def processes(self) -> list[int]:
        return all_in(self.directory)

    def __enter__(self) -> Self:
        for name in _tracked():
            place = self.directory / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, place)
        self._install()
        return self

    def _install(self) -> None:
        """The packages are those of the tests; make, which sees by the stamp that they are there, installs none."""
        environment = self.directory / ".venv"
        environment.mkdir()
        for part in Path(sys.prefix).iterdir():
            if part.suffix != ".installed":
                (environment / part.name).symlink_to(part)
        (environment / "run.installed").touch()

    def __exit__(self, *exception: object) -> None:
        kill_all_in(self.directory)


def _tracked() -> list[str]:
    """The files that a clone would have, relative to the project; one that is being removed is none."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        missing(f"the project is no clone ({error})")
    return [name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file()]
