"""A web server that is told to stop while a worker still loads stops as any other does."""

import os
import signal
import sys

import pytest

from tests.servers.hub import PROJECT, HubServer
from tests.servers.processes import start, wait_until

#: Above the time after which Granian kills a worker, so that the log can tell whether it had to.
LONGEST_SECONDS = 60.0


@pytest.mark.timeout(180)
@pytest.mark.parametrize("is_told_to_all", [False, True], ids=["to the main process", "to all, as by systemd"])
def test_a_server_whose_worker_still_loads_stops_without_killing_it(is_told_to_all: bool) -> None:
    with HubServer() as hub:
        is_loading, may_load = hub.directory / "is-loading", hub.directory / "may-load"
        slow = {
            "PYTHONPATH": os.pathsep.join([str(PROJECT / "tests" / "flows" / "loading"), str(PROJECT)]),
            "IS_LOADING": str(is_loading),
            "MAY_LOAD": str(may_load),
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
        assert "refused to gracefully stop" not in hub.log.read_text()
