"""On SQLite what was committed gets from the log into the database file, though no commit has to take it there."""

import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from dispatch.consumer.checkpointing import Checkpointer
from dispatch.ledger.dialect import is_postgres
from tests.dispatch.ledger.rows import make_event

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(is_postgres(), reason="concerns SQLite, whose log whoever commits would have to copy"),
]
WAIT_SECONDS = 20


def in_the_file_alone(directory: Path) -> set[str]:
    """The events that a copy of the database without its log has."""
    copied = directory / "copy.sqlite3"
    shutil.copy(connection.settings_dict["NAME"], copied)
    try:
        with closing(sqlite3.connect(copied)) as database:
            return {row[0] for row in database.execute("SELECT id FROM event")}
    except sqlite3.DatabaseError:
        return set()  # its tables are in the log alone, or it was copied while it was written


def waited_for(event_id: UUID, directory: Path) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if event_id.hex in in_the_file_alone(directory):
            return True
        time.sleep(0.05)
    return False


def test_what_is_committed_is_copied_out_of_the_log(tmp_path: Path) -> None:
    event = make_event()
    assert event.pk.hex not in in_the_file_alone(tmp_path)
    is_stopping = threading.Event()
    checkpointer = Checkpointer(is_stopping)
    checkpointer.start()
    assert waited_for(event.pk, tmp_path)
    is_stopping.set()
    checkpointer.join(WAIT_SECONDS)
    assert not checkpointer.is_alive()


def test_a_copy_that_the_database_refuses_is_tried_again() -> None:
    checkpointer = Checkpointer(threading.Event())

    def refuse(*arguments: object) -> None:
        raise OperationalError("disk I/O error")

    with connection.execute_wrapper(refuse):
        checkpointer._copy()
    checkpointer._copy()
