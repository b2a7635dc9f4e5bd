"""What the ledger as a queue does when its database does not answer, and what it waits for."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection

from dispatch.identifiers import new_id
from dispatch.ledger.dialect import is_postgres
from dispatch.queues.base import Job, QueueUnavailableError
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.queues.wakeups import LAZY_LOOK_SECONDS, LOOK_SECONDS, SQLiteWakeup, Woken
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_event

pytestmark = pytest.mark.django_db
only_postgres = pytest.mark.skipif(not is_postgres(), reason="concerns the run on Postgres")

WAIT_SECONDS = 20
JOB = Job(id=str(new_id()), deliveries=(new_id(),))


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda queue: queue.fetch(1, 1.0), id="fetch"),
        pytest.param(lambda queue: queue.depth(), id="depth"),
        # On SQLite the row is all there is to a push, and nothing is asked of the database.
        pytest.param(lambda queue: queue.push([JOB]), id="push", marks=only_postgres),
    ],
)
def test_every_call_names_a_database_that_is_away(call: Callable[[EmbeddedQueue], Any], error: type[Exception]) -> None:
    def refuse(*arguments: object) -> None:
        raise error("the server is gone")

    queue = EmbeddedQueue(new_id())
    with connection.execute_wrapper(refuse), pytest.raises(QueueUnavailableError, match="the server is gone"):
        call(queue)


def test_pending_fan_outs_are_work_where_deliveries_leave_room() -> None:
    delivery, event = make_delivery(), make_event(fan_out="pending", matched=None)
    queue = EmbeddedQueue(new_id())
    [first] = queue.fetch(1, 0)
    assert first.deliveries == (delivery.pk,)
    [second] = queue.fetch(1, 0)
    assert second.fan_out == event.pk


def test_a_pending_fan_out_has_its_turn_behind_a_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.queues.embedded.FAN_OUT_EVERY_SECONDS", 0.0)
    deliveries, event = make_deliveries(5), make_event(fan_out="pending", matched=None)
    queue = EmbeddedQueue(new_id())
    jobs = queue.fetch(2, 0)
    assert len(deliveries) > len(jobs) - 1 == 2
    assert [job.fan_out for job in jobs if job.fan_out] == [event.pk]


@pytest.mark.django_db(transaction=True)
def test_a_change_that_brings_no_work_ends_no_wait() -> None:
    found: list[Job] = []
    waiting = threading.Thread(target=lambda: found.extend(_fetched(WAIT_SECONDS)))
    waiting.start()
    for _ in range(5):  # as when others claim and record
        make_event()
        EmbeddedQueue(None).push([JOB])
        time.sleep(0.05)
    delivery = make_delivery()
    EmbeddedQueue(None).push([JOB])
    waiting.join(WAIT_SECONDS)
    assert [job.deliveries for job in found] == [(delivery.pk,)]


@pytest.mark.skipif(is_postgres(), reason="concerns SQLite, which is asked again and again")
@pytest.mark.django_db(transaction=True)
def test_sqlite_is_asked_often_only_while_there_is_work() -> None:
    with closing(EmbeddedQueue(new_id())) as queue:
        wakeup = queue._ready()
        assert isinstance(wakeup, SQLiteWakeup)
        wakeup.wait(0.0)
        elsewhere(make_event)
        assert wakeup.wait(WAIT_SECONDS) is Woken.BY_CHANGE
        assert wakeup.pause_seconds == LAZY_LOOK_SECONDS
        elsewhere(make_delivery)
        assert queue.fetch(1, 0.0)
        assert wakeup.pause_seconds == LOOK_SECONDS


def elsewhere(write: Callable[[], object]) -> None:
    """Writes on a connection of its own."""

    def run() -> None:
        try:
            write()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def _fetched(wait_seconds: float) -> list[Job]:
    with closing(EmbeddedQueue(new_id())) as queue:
        return queue.fetch(1, wait_seconds)
