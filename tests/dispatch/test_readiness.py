"""What watches the hub, and what publishers hear while the database is silent."""

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from subscribers import matching
from tests.dispatch.client import PLAIN, Answer, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


@pytest.mark.parametrize(("path", "word"), [("/healthz", "ok"), ("/readyz", "ready")])
def test_probes_need_no_token(path: str, word: str) -> None:
    answer = Answer(Client().get(path))
    assert (answer.status, answer.json) == (200, {"status": word})


def test_readyz_tells_that_faktory_is_away(settings: Settings) -> None:
    settings.FAKTORY_URL = "tcp://:a-password@127.0.0.1:1"
    answer = Answer(Client().get("/readyz"))
    assert answer.status == 503
    assert "Faktory does not answer; events are accepted and wait in the database." in answer.detail
    assert "a-password" not in answer.detail


@pytest.fixture
def _silent_database(transactional_db: None) -> Iterator[None]:
    """Really keeps the database from answering: SQLite's write lock taken, Postgres' connection cut."""
    matching.newest()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(connection.settings_dict["NAME"])
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.rollback()
        other.close()
    else:
        parameters = connection.get_connection_params()
        for ours in ("pool", "cursor_factory", "context"):
            parameters.pop(ours, None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        with psycopg.connect(**parameters, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        yield
    connection.close()


@pytest.mark.usefixtures("_silent_database")
def test_silent_database_is_503_and_says_to_repeat_with_the_same_key() -> None:
    answer = post(PLAIN)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert "may or may not be stored: repeat the request with the same Idempotency-Key" in answer.detail
