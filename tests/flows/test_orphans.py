"""What is left of a server or a supervisor that was killed ends by itself; a port that is taken is told of."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.flows.ledger import Ledger
from tests.flows.publisher import publish
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import children, wait_until


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer({"SWITCH_WEB_PROCESSES": "2"}) as opened:
        yield opened


def is_there(process_id: int) -> bool:
    return subprocess.run(["ps", "-p", str(process_id)], capture_output=True).returncode == 0


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def test_the_workers_of_a_killed_web_server_end_and_leave_its_port(hub: HubServer) -> None:
    hub.start_web()
    assert hub.web
    workers = children(hub.web)
    assert len(workers) >= 2
    kill(hub.web)
    wait_until(lambda: not any(map(is_there, workers)), "The end of the workers", None, hub.log)
    assert not hub.answers()
    hub.start_web()
    assert publish(hub, {"topic": "orders", "data": {"body": 1}})[0] == 202


def test_the_processes_of_a_killed_supervisor_finish_and_end(hub: HubServer) -> None:
    ledger = Ledger(hub)
    with Receiver() as receiver:
        ledger.subscribe("orders", receiver.url)
        hub.start_web()
        supervisor = hub.start_consumer(2)
        assert publish(hub, {"topic": "orders", "data": {"body": 1}})[0] == 202
        receiver.wait_for(1)
        ledger.wait_for("orders", state="delivered")
        processes = children(supervisor)
        assert len(processes) == 2
        kill(supervisor)
        hub.consumers.clear()
        wait_until(lambda: not any(map(is_there, processes)), "The end of the processes", None, hub.log)
        assert ledger.run("SELECT * FROM consumer") == [], "they have signed off"


def test_a_port_that_is_taken_is_told_of(hub: HubServer) -> None:
    hub.start_web()
    with HubServer({"SWITCH_SERVER_PORT": hub.env["SWITCH_SERVER_PORT"]}) as other:
        refused = other.manage("serve", check=False)
    assert refused.returncode == 1
    port = hub.env["SWITCH_SERVER_PORT"]
    text = f"Another process listens at 127.0.0.1:{port}. Stop it, or set SWITCH_SERVER_PORT to a free port."
    assert text in refused.stderr
    assert "Traceback" not in refused.stderr
