"""From the original to Switch and back, step by step as docs/moving.md says, on a real Faktory, to either database.

What is a stand-in, the page says.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.moves import Move
from tests.servers.faktory import FaktoryServer
from tests.servers.fixtures import missing
from tests.servers.processes import ServiceMissingError

pytestmark = [pytest.mark.faktory, pytest.mark.node, pytest.mark.timeout(180)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def move(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Move]:
    """At a broker of its own, whose password needs no escape, since the original knew none."""
    try:
        broker = FaktoryServer("plain")
    except ServiceMissingError as error:
        missing(error)
    env = {}
    if request.param == "postgres":
        env["DATABASE_URL"] = request.getfixturevalue("postgres_server").create_database("moving")
    with broker, Move(broker, tmp_path, **env) as opened:
        yield opened


def test_the_move_and_the_way_back_lose_no_event_and_send_none_twice(move: Move) -> None:
    old, new = move.original.url, move.hub.url
    with move.old_consumer():
        move.wait_for([move.publish_by_python(old), move.publish_by_javascript(old)])
        assert "2 of 2 subscribers were imported." in move.hub.manage("import_switch", str(move.database)).stdout
        move.hub.start_web()
        failed = _fail_once(move, old)
        move.wait_for_retry()
    # The old consumer has stopped: its queue grows, and one job waits among the retries.
    waiting = [move.publish_by_python(old), move.publish_by_javascript(old)]
    move.hub.start_consumer()
    move.wait_for(waiting)
    move.bring_forward()
    move.wait_for([failed])
    # One publisher after the other.
    move.wait_for([move.publish_by_python(new), move.publish_by_javascript(old)])
    move.wait_for([move.publish_by_python(new), move.publish_by_javascript(new)])
    move.ledger.wait_for("orders", count=7, state="delivered")
    assert "All is well." in move.hub.manage("doctor").stdout
    _go_back(move)
    assert sorted(move.arrived) == list(range(1, move.published + 1))


def _fail_once(move: Move, url: str) -> int:
    number = move.published + 1
    move.failing.add(number)
    move.publish_by_python(url)
    move.wait_for_failure(number)
    move.failing.clear()
    return number


def _go_back(move: Move) -> None:
    """While one delivery waits for its retry: Switch sends it from its ledger, the original does all that is new."""
    failed = _fail_once(move, move.hub.url)
    move.ledger.wait_for("orders", state="pending", failures=1)
    assert move.hub.stop_consumers() == [0]
    with move.old_consumer():
        move.wait_for([move.publish_by_python(move.original.url), move.publish_by_javascript(move.original.url)])
        move.hub.start_consumer(FAKTORY_URL="")
        move.ledger.run("UPDATE delivery SET due_at = '2020-01-01 00:00:00' WHERE state = 'pending'")
        move.wait_for([failed])
