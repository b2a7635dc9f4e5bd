"""The commands of docs/api.md, run one after the other against a real hub."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dispatch.scopes import SCOPES
from subscribers.filters import FilterError, compile_filter
from tests.servers.hub import PROJECT, HubServer

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", TEXT, re.S)
BEGIN = "set -eu -o pipefail\n"


def script(hub: HubServer) -> str:
    """All blocks in their order; behind each a line that tells it from the next."""
    commands = BEGIN + "\necho; echo ----\n".join(BLOCKS)
    return commands.replace(".venv/bin/python", sys.executable).replace("http://127.0.0.1:8000", hub.url)


@pytest.mark.timeout(180)
def test_every_command_works() -> None:
    with HubServer({"SWITCH_DELIVERY_PORTS": "all"}) as hub:
        hub.start_web()
        env = hub.env | {"PATH": os.environ["PATH"]}
        done = subprocess.run(
            ["bash", "-c", script(hub)], capture_output=True, text=True, cwd=PROJECT, env=env, timeout=150
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told = done.stdout.split("----")
        assert len(told) == len(BLOCKS)
        assert '"name":"billing"' in told[1]
        assert '"retry_limit":10' in told[2]
        assert '"secret":"whsec_' in told[4]
        assert '"error_kind":"connect"' in told[5]
        assert '"holds":false' in told[6]
        assert json.loads(told[8].strip().split("\n")[0].partition("}")[0] + "}")["matched"] == 1


def test_the_scopes_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z]+:[a-z]+)` \| (.*) \|$", TEXT, re.M)
    assert dict(rows) == SCOPES


def test_the_place_in_the_example_is_the_one_that_comes() -> None:
    example = json.loads(re.findall(r"```json\n(.*?)```", TEXT, re.S)[0])["errors"][0]
    with pytest.raises(FilterError) as refused:
        compile_filter('data["a"] > limit')
    error = refused.value
    assert (example["line"], example["column"], example["end_column"]) == (error.line, error.column, error.end_column)
