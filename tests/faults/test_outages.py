"""What the hub stands on goes away and comes back: it is waited for, told once, and nothing is lost."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.faults.books import Books
from tests.faults.stage import SUBSCRIBERS, TOPIC, Stage
from tests.flows.publisher import publish
from tests.servers.fixtures import missing
from tests.servers.hub import HubServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ServiceMissingError

pytestmark = pytest.mark.timeout(240)

EVENT = {"topic": TOPIC, "data": {"body": {"number": 1}}}


def settled_after(stage: Stage, events: int) -> None:
    stage.books.wait_until_settled(60)
    assert stage.books.states() == {"delivered": events * SUBSCRIBERS}
    assert stage.receiver.deliveries.total() == events * SUBSCRIBERS


def test_a_locked_sqlite_refuses_publishers_and_holds_up_the_consumer() -> None:
    with Stage("sqlite-embedded") as stage:
        stage.hub.start_web()
        stage.start_consumer()
        assert publish(stage.hub, EVENT)[0] == 202
        stage.receiver.wait_for(SUBSCRIBERS, 20)
        with closing(sqlite3.connect(stage.books.path, timeout=20)) as other:
            other.execute("BEGIN EXCLUSIVE")
            status, answer = publish(stage.hub, EVENT)
            assert status == 503
            assert "same Idempotency-Key" in answer["detail"]
            other.rollback()
        assert publish(stage.hub, EVENT)[0] == 202
        settled_after(stage, 2)
        assert stage.hub.stop_consumers() == [0], "the same consumer has outlived it"


@pytest.fixture
def small_disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of so many megabytes, eight if none are given, which only root may mount."""
    directory = Path(tempfile.mkdtemp(prefix="switch-disk-"))
    size = f"size={getattr(request, 'param', 8)}m"
    mount = ["mount", "-t", "tmpfs", "-o", size, "none", str(directory)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        directory.rmdir()
        pytest.skip("service missing: a file system of its own; mount is refused here")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)
    directory.rmdir()


def fill(file: Path) -> None:
    """Takes what is left of the disk."""
    with suppress(OSError), file.open("wb", buffering=0) as opened:
        while True:
            opened.write(bytes(4096))


def test_a_full_disk_refuses_publishers_and_holds_up_the_consumer(small_disk: Path) -> None:
    # Without the limit that refuses publishes while a little room is left.
    env = {"SWITCH_DB_NAME": str(small_disk / "hub.sqlite3"), "SWITCH_MIN_FREE_DISK_BYTES": "0"}
    with Stage("sqlite-embedded", **env) as stage:
        stage.hub.start_web()
        assert publish(stage.hub, [EVENT] * 200)[0] == 202
        filler = small_disk / "filler"
        fill(filler)
        big = {"topic": TOPIC, "data": {"body": {"number": 1, "text": "x" * 500_000}}}
        assert publish(stage.hub, big)[0] == 503
        stage.hub.start_consumer()
        time.sleep(8)
        assert len(stage.hub.consumers) == 1
        assert stage.hub.consumers[0].poll() is None
        filler.unlink()
        assert stage.publish(EVENT, "after the flood")["matched"] == SUBSCRIBERS
        settled_after(stage, 201)
        assert stage.hub.stop_consumers() == [0]


@pytest.mark.postgres
@pytest.mark.parametrize("small_disk", [32], indirect=True)
def test_a_postgres_whose_disk_is_full_is_told_until_there_is_room(small_disk: Path) -> None:
    try:
        server = PostgresServer()
    except ServiceMissingError as error:
        missing(error)
    with server as postgres, HubServer({"DATABASE_URL": postgres.create_database_in(small_disk)}) as hub:
        hub.start_web()
        filler = small_disk / "filler"
        fill(filler)
        big = {"topic": TOPIC, "data": {"body": os.urandom(500_000).hex()}}
        assert publish(hub, big)[0] == 503
        for _ in range(3):
            assert hub.obstacle().startswith("The database does not answer: could not extend file ")
            assert "\n" not in hub.obstacle()
        doctor = hub.manage("doctor", check=False)
        assert (doctor.returncode, doctor.stdout.startswith("The database refused it: could not extend ")) == (1, True)
        filler.unlink()
        assert hub.obstacle() == ""
        assert publish(hub, big)[0] == 202


def lines(stage: Stage, text: str) -> list[str]:
    return [line for line in stage.hub.log.read_text().splitlines() if text in line]


@pytest.mark.long
@pytest.mark.faktory
@pytest.mark.postgres
def test_each_outage_is_one_line_when_it_begins_and_one_when_it_ends() -> None:
    with Stage("postgres-faktory") as stage:
        assert stage.postgres is not None and stage.faktory is not None  # noqa: PT018
        stage.hub.start_web()
        stage.start_consumer()
        for number, (server, name) in enumerate([(stage.postgres, "The database"), (stage.faktory, "The queue")], 1):
            server.kill()
            time.sleep(8)
            server.start()
            stage.publish(EVENT, name)
            stage.books.wait_until_settled(60)
            time.sleep(3)
            assert len(lines(stage, f"patience: {name} does not answer")) == 1
            assert len(lines(stage, f"patience: {name} answers again")) == 1
            assert stage.receiver.deliveries.total() == number * SUBSCRIBERS
        assert lines(stage, "Traceback") == []
        assert Books(stage.hub).lost_claims() == {}
        assert stage.hub.stop_consumers() == [0]


@pytest.mark.long
@pytest.mark.postgres
def test_a_publish_without_its_postgres_is_refused_before_a_client_gives_up() -> None:
    """Two seconds are aimed at; the bound leaves room for a busy machine."""
    with Stage("postgres-embedded") as stage:
        assert stage.postgres is not None
        stage.hub.start_web()
        assert publish(stage.hub, EVENT)[0] == 202
        stage.postgres.kill()
        for path in ("publish", "readyz"):
            started = time.monotonic()
            if path == "publish":
                assert publish(stage.hub, EVENT)[0] == 503
            else:
                assert stage.hub.obstacle().startswith("The database does not answer: ")
            assert time.monotonic() - started < 4.5
