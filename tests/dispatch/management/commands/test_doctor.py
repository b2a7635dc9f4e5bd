"""`manage.py doctor` as an operator calls it: a line for each trouble, and the exit status."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.flows.ledger import Ledger
from tests.servers.hub import HubServer
from tests.servers.processes import free_port


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as opened:
        yield opened


@pytest.fixture
def _consumer(hub: HubServer) -> Iterator[None]:
    """A sign of life, as a consumer would leave it."""
    ledger = Ledger(hub)
    ledger.run(
        "INSERT INTO consumer (id, host, process_id, queue, concurrency, progressed_at) "
        "VALUES ('00000000000000000000000000000001', 'here', 1, 'embedded', 8, datetime('now'))"
    )
    yield
    for table in ("consumer", "delivery", "event", "subscriber"):
        ledger.run(f"DELETE FROM {table}")  # noqa: S608 - the names are those above


@pytest.mark.usefixtures("_consumer")
def test_a_hub_that_is_well_exits_with_0(hub: HubServer) -> None:
    assert hub.manage("doctor").stdout == "All is well.\n"


@pytest.mark.usefixtures("_consumer")
def test_repair_says_what_it_found_what_it_did_and_that_all_is_well(hub: HubServer) -> None:
    ledger = Ledger(hub)
    subscriber_id = ledger.subscribe("orders", "http://127.0.0.1:9/", deleted_at="2020-01-01 00:00:00")
    ledger.run(
        "INSERT INTO event (id, topic, author, payload, size, matched) VALUES (?, 'orders', '', '{}', 2, 1)", "1" * 32
    )
    ledger.run(
        "INSERT INTO delivery (id, event_id, subscriber_id, subscriber_revision) VALUES (?, ?, ?, 1)",
        *("2" * 32, "1" * 32, subscriber_id),
    )
    what = "1 delivery waits for a subscriber that is deleted or missing"
    line = f"{what}. To cancel. The reconciler does it within seconds, --repair at "
    sick = hub.manage("doctor", check=False)
    assert (sick.returncode, sick.stdout) == (1, f"{line}once.\n")
    mended = hub.manage("doctor", "--repair")
    assert mended.stdout == f"{line}once.\nRepaired: cancelled 1.\nAll is well.\n"
    with closing(sqlite3.connect(ledger.path)) as connection:
        assert connection.execute("SELECT state, reason FROM delivery").fetchall() == [("cancelled", "deleted")]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATABASE_URL", "postgres://switch@127.0.0.1:{port}/switch", "The database does not answer: "),
        ("SWITCH_DB_NAME", "/nowhere/switch.sqlite3", "The database does not answer: "),
        ("SWITCH_DB_NAME", "{directory}/empty.sqlite3", " migrations are not applied. Run manage.py migrate."),
    ],
    ids=["no Postgres", "no SQLite", "empty database"],
)
def test_a_database_that_is_away_or_empty_is_all_that_is_told(
    hub: HubServer, variable: str, value: str, words: str
) -> None:
    broken = HubServer({variable: value.format(port=free_port(), directory=hub.directory)})
    for arguments in (("doctor",), ("doctor", "--repair")):
        done = broken.manage(*arguments, check=False)
        assert done.returncode == 1
        assert words in done.stdout.splitlines()[-1]
        assert "Traceback" not in done.stderr
