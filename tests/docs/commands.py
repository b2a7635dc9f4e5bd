"""Runs the commands of a page of the docs as they stand there, against a real hub."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.hub import PROJECT, HubServer

BEGIN = "set -eu -o pipefail\n"
BETWEEN = "\necho; echo ----\n"


def page(name: str) -> str:
    return (Path(__file__).parents[2] / "docs" / name).read_text()


def blocks(text: str, language: str = "bash") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def run(hub: HubServer, commands: Sequence[str], instead: Mapping[str, str] | None = None, **env: str) -> list[str]:
    """What each block told, in one shell; `instead` puts what the test has for what the page names."""
    script = BEGIN + BETWEEN.join(commands)
    here = {".venv/bin/python": sys.executable, "http://127.0.0.1:8000": hub.url, **(instead or {})}
    for shown, real in here.items():
        assert shown in script or shown not in (instead or {}), f"the page does not speak of {shown}"
        script = script.replace(shown, real)
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=hub.env | {"PATH": os.environ["PATH"], **env},
        timeout=150,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.split("\n----\n")
    assert len(told) == len(commands)
    return told
