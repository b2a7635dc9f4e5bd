"""A web server stops as it is told, also while a worker still loads, and does not stop because one worker has died."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.servers.hub import PROJECT, HubServer
from tests.servers.processes import START_SECONDS, children, start, wait_until

LONGEST_SECONDS = 60.0
#: Ten seconds beyond it Granian kills a worker. Its log does not tell whether it had to: it says that it does, too, of
#: one whose end another of its threads has just seen.
REQUEST_SECONDS = "60"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("is_told_to_all", [False, True], ids=["to the main process", "to all, as by systemd"])
def test_a_server_whose_worker_still_loads_stops_without_killing_it(is_told_to_all: bool) -> None:
    with HubServer() as hub:
        is_loading, may_load = hub.directory / "is-loading", hub.directory / "may-load"
        slow = {
            "PYTHONPATH": os.pathsep.join([str(PROJECT / "tests" / "flows" / "loading"), str(PROJECT)]),
            "IS_LOADING": str(is_loading),
            "MAY_LOAD": str(may_load),
            "SWITCH_REQUEST_TIMEOUT_SECONDS": REQUEST_SECONDS,
        }
        serve = [sys.executable, str(PROJECT / "manage.py"), "serve"]
        web = hub.web = start(serve, hub.log, hub.env | slow)
        wait_until(is_loading.exists, "A worker", web, hub.log)
        if is_told_to_all:
            os.killpg(web.pid, signal.SIGTERM)
        else:
            web.send_signal(signal.SIGTERM)
        wait_until(lambda: "Shutting down granian" in hub.log.read_text(), "The end", None, hub.log)
        may_load.touch()
        assert web.wait(LONGEST_SECONDS) == 0, hub.log.read_text()


def workers(hub: HubServer) -> list[int]:
    """Those that serve; the server starts another process besides, which does not."""
    assert hub.web
    return [child for child in children(hub.web) if b"server.py" in command_of(child)]


def command_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


@pytest.mark.timeout(180)
def test_a_server_outlives_workers_that_die_one_soon_after_the_other() -> None:
    with HubServer({"SWITCH_WEB_PROCESSES": "1"}) as hub:
        hub.start_web()
        assert hub.web
        for _ in range(3):
            [worker] = workers(hub)
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda dead=worker: {*workers(hub)} - {dead}, "Another", hub.web, hub.log)
        wait_until(hub.answers, "The last", hub.web, hub.log)


@pytest.mark.timeout(180)
def test_a_server_whose_workers_all_die_at_once_ends() -> None:
    with HubServer({"SWITCH_WEB_PROCESSES": "1"}) as hub:
        broken = {"PYTHONPATH": os.pathsep.join([str(PROJECT / "tests" / "flows" / "dying"), str(PROJECT)])}
        hub.web = start([sys.executable, str(PROJECT / "manage.py"), "serve"], hub.log, hub.env | broken)
        assert hub.web.wait(START_SECONDS) == 1
        assert "crash loop" in hub.log.read_text()
