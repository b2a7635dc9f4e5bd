"""Web workers and consumers look seldom for cycles, in processes of their own: the collector is one for a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from subscribers.garbage import THRESHOLDS
from tests.servers.hub import PROJECT, HubServer

READING = """
import gc
import django
django.setup()
from subscribers.garbage import settle
from dispatch.payloads import check_json, parse_json

text = '{"body":[' + ",".join(["[]"] * 349_000) + "]}"
settle()
generations = []
gc.callbacks.append(lambda phase, info: phase == "start" and generations.append(info["generation"]))
parsed = parse_json(text)
check_json(text, parsed)
print(len(generations), max(generations))
"""
CONSUMER = """
import gc
import django
django.setup()
from dispatch.consumer.delivering import Deliverer

def run(deliverer, grace_seconds):
    deliverer.flow.is_stopping.set()
    print(gc.get_threshold(), gc.get_freeze_count())

Deliverer.run = run
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "run_consumer", "--processes", "1"])
"""
WEB_WORKER = """
import asyncio, gc, os
import django
django.setup()
from switchsite.rsgi import Application

async def begin():
    Application().__rsgi_init__(asyncio.get_running_loop())

asyncio.run(begin())
print(gc.get_threshold(), gc.get_freeze_count(), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as migrated:
        yield migrated


def printed(script: str, env: dict[str, str], directory: Path) -> list[str]:
    """The words of the last line that `script` prints in a process of its own."""
    file = directory / "script.py"
    file.write_text(script)
    command = [sys.executable, str(file)]
    done = subprocess.run(command, env=env | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1].split()


def test_payload_of_many_objects_is_read_with_few_looks_for_cycles_and_no_full_one(tmp_path: Path) -> None:
    looks, oldest = printed(READING, dict(os.environ), tmp_path)
    assert int(looks) <= 20  # some 500 with Python's own thresholds
    assert int(oldest) < 2


@pytest.mark.parametrize("script", [CONSUMER, WEB_WORKER], ids=["consumer", "web worker"])
def test_process_settles_when_it_starts(script: str, hub: HubServer, tmp_path: Path) -> None:
    *thresholds, frozen = printed(script, hub.env, tmp_path)
    assert " ".join(thresholds) == str(THRESHOLDS)
    assert int(frozen) > 10_000  # all that is loaded
