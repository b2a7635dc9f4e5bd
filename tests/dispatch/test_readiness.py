"""What watches the hub, and what publishers hear while the database is silent."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dispatch import backpressure, outages, readiness
from dispatch.ledger.holding import BACKLOG_REASONS
from dispatch.models import Consumer, Delivery, Health
from subscribers import matching
from tests.dispatch.client import PLAIN, Answer, post
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

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
    assert int(answer.headers["Retry-After"]) > 0


def make_consumer(progressed: timedelta) -> Consumer:
    moment = timezone.now() + progressed
    return Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8, progressed_at=moment)


@pytest.mark.parametrize("progressed", [None, timedelta(minutes=-5)], ids=["no consumer", "a stuck consumer"])
def test_readyz_tells_that_nobody_delivers_what_is_due(progressed: timedelta | None) -> None:
    make_delivery(due_at=timedelta(minutes=-2))
    if progressed:
        make_consumer(progressed)
    answer = Answer(Client().get("/readyz"))
    assert answer.status == 503
    assert answer.detail.startswith("Deliveries are due since 20")
    assert "no consumer has made progress" in answer.detail


def test_readyz_tells_of_a_due_suspect_though_nothing_else_is_due() -> None:
    make_delivery(due_at=timedelta(minutes=-2), lost_claims=2)
    assert "no consumer has made progress" in Answer(Client().get("/readyz")).detail


PAST = timedelta(minutes=-2)
SECONDS = timedelta(seconds=1)


def make_held(reason: str, **subscriber: Any) -> Delivery:
    return make_delivery(make_subscriber(**subscriber), state="held", reason=reason, due_at=PAST)


def leave_alone(delivery: Delivery, until: timedelta) -> None:
    Health.objects.create(subscriber=delivery.subscriber, breaker="open", open_until=timezone.now() + until)


def test_readyz_tells_of_what_a_dead_consumer_has_in_its_hands() -> None:
    """Before its lease of a minute is over, too: nobody works on it."""
    make_delivery(state="claimed", lease_until=40 * SECONDS)
    assert "no consumer has made progress" in Answer(Client().get("/readyz")).detail


@pytest.mark.parametrize("reason", BACKLOG_REASONS)
def test_readyz_tells_of_what_is_held_for_a_reason_that_only_a_consumer_sees_end(reason: str) -> None:
    leave_alone(make_held(reason), until=-60 * SECONDS)
    assert "no consumer has made progress" in Answer(Client().get("/readyz")).detail


NOT_DUE: dict[str, Callable[[], object]] = {
    "claimed just now": lambda: make_delivery(state="claimed", due_at=PAST),
    "in the hands of a living consumer": lambda: make_delivery(
        state="claimed", owner=make_consumer(PAST).pk, lease_until=-60 * SECONDS
    ),
    "held for a pause": lambda: make_held("paused", state="paused"),
    "held for a subscriber that was paused since": lambda: make_held("capped", state="paused"),
    "held for one that is left alone for now": lambda: leave_alone(make_held("throttled"), until=60 * SECONDS),
}


@pytest.mark.parametrize("make", NOT_DUE.values(), ids=NOT_DUE.keys())
def test_what_nobody_could_send_now_is_no_obstacle(make: Callable[[], object]) -> None:
    make()
    assert readiness.obstacles() == []


def test_readyz_tells_which_limit_refuses_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backpressure.watcher(), "reached", backpressure.Reached("A_LIMIT", "The disk is full."))
    answer = Answer(Client().get("/readyz"))
    assert (answer.status, answer.detail) == (503, "Publishes are refused. The disk is full.")


def test_readyz_tells_that_nobody_works_out_a_wide_event() -> None:
    make_event(fan_out="pending", matched=None, received_at=timedelta(minutes=-2))
    assert Answer(Client().get("/readyz")).status == 503


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="due just now"),
        pytest.param({"due_at": timedelta(hours=1)}, id="due later"),
        pytest.param({"due_at": timedelta(minutes=-2), "state": "held", "reason": "paused"}, id="held"),
    ],
)
def test_a_hub_without_a_consumer_is_ready_as_long_as_nothing_is_overdue(fields: dict[str, Any]) -> None:
    make_delivery(**fields)
    assert readiness.obstacles() == []


def test_a_backlog_is_no_obstacle_while_any_consumer_makes_progress() -> None:
    make_delivery(due_at=timedelta(minutes=-2))
    make_consumer(timedelta(minutes=-5))
    make_consumer(timedelta(seconds=-5))
    assert readiness.obstacles() == []


@pytest.fixture
def _locked_sqlite(transactional_db: None) -> Iterator[None]:
    """Another holds the lock of all writers; readers go on."""
    if connection.vendor != "sqlite":
        pytest.skip("Postgres has no such lock")
    matching.newest()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()
    connection.close()
    outages.database.end()


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


@pytest.mark.usefixtures("_locked_sqlite")
def test_readyz_tells_of_a_sqlite_that_can_be_read_and_not_written() -> None:
    assert Answer(Client().get("/readyz")).status == 200, "nobody has missed it"
    assert post(PLAIN).status == 503
    answer = Answer(Client().get("/readyz"))
    assert (answer.status, answer.detail) == (503, "The database does not answer: database is locked.")
