"""A consumer process whose thread ends by a fault stops as a whole, instead of going on without it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.hub import PROJECT, HubServer

#: Runs a consumer in which one thread ends by a fault once the process is up.
FAULTY = """
import sys
from {module} import {thread}

def fail(*arguments, **options):
    raise RuntimeError("a fault of ours")

{thread}.{method} = fail
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "run_consumer", "--processes", "1"])
"""


@pytest.mark.parametrize(
    ("thread", "module", "method"),
    [
        ("Feeder", "dispatch.consumer.feeding", "run"),
        ("Recorder", "dispatch.consumer.recording", "run"),
        ("Housekeeper", "dispatch.consumer.housekeeping", "_keep"),
    ],
)
def test_process_ends_with_its_thread_and_says_why(tmp_path: Path, thread: str, module: str, method: str) -> None:
    script = tmp_path / "faulty.py"
    script.write_text("import django; django.setup()" + FAULTY.format(thread=thread, module=module, method=method))
    with HubServer() as hub:
        env = hub.env | {"PYTHONPATH": str(PROJECT), "SWITCH_SHUTDOWN_SECONDS": "2"}
        done = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"The {thread.lower()} ended by a fault" in done.stderr
    assert "a fault of ours" in done.stderr
