"""README and docs/start.md as a newcomer follows them: from `make run` to an event that arrives, and to Ctrl-C."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.commands import Running, blocks, page, run, running
from tests.docs.newcomer import Newcomer
from tests.servers.hub import HubServer
from tests.servers.processes import accepts, free_port, wait_until

pytestmark = pytest.mark.timeout(240)

README = blocks(page("../README.md"))
START = blocks(page("start.md"))
PUBLISH = re.compile(r"^ +(curl (?:.*\\\n)+.*)$", re.M)


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    with Newcomer(tmp_path / "switch") as opened:
        yield opened


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.start_web()
        server.start_consumer()
        wait_until(server.is_ready, "The hub", server.web, server.log)
        yield server


def listening_elsewhere() -> dict[str, str]:
    """Another port for the receiver than the one of the docs, which may be taken."""
    port = free_port()
    return {"http://127.0.0.1:9000": f"http://127.0.0.1:{port}", "manage.py listen": f"manage.py listen --port {port}"}


def printed_publish(hub: Running) -> str:
    found = PUBLISH.search(hub.told())
    assert found, hub.told()
    return found[1]


def test_make_run_is_all_that_a_fresh_clone_needs_and_ctrl_c_ends_it(newcomer: Newcomer) -> None:
    make_run, subscribe_and_listen, publish, _ = README
    where = newcomer.directory
    with running(newcomer, make_run, cwd=where) as hub:
        wait_until(newcomer.is_ready, "The hub", hub.process, hub.log)
        assert f"{newcomer.url}/admin/" in hub.told()
        with running(newcomer, subscribe_and_listen, listening_elsewhere(), cwd=where) as receiver:
            receiver.wait_for("Listening on")
            [by_readme] = run(newcomer, [publish], cwd=where)
            receiver.wait_for('{"total":120}')
            [by_printed] = run(newcomer, [printed_publish(hub)], cwd=where)
        assert '"matched":1' in by_readme
        assert '"matched":1' in by_printed
        hub.interrupt()
        assert "Traceback" not in hub.told()
    assert newcomer.processes() == []
    assert not accepts(newcomer.port)


def test_the_five_minute_start_ends_with_an_event_that_arrives(hub: HubServer) -> None:
    make_run, subscribe_and_listen, publish, publish_too_small, look = START
    assert make_run == README[0]
    elsewhere = listening_elsewhere()
    with running(hub, subscribe_and_listen, elsewhere) as receiver:
        receiver.wait_for("Listening on")
        published, ignored, looked = run(hub, [publish, publish_too_small, look])
        receiver.wait_for("POST /orders")
        receiver.wait_for('{"total":120}')
        assert '{"total":20}' not in receiver.told()
    assert '"matched":1' in published
    assert '"matched":0' in ignored
    assert "All is well." in looked
    subscribe = subscribe_and_listen.rpartition("\n.venv")[0]
    assert "Another subscriber has this name." in run(hub, [f"! {{ {subscribe} 2>&1; }}"])[0]
