"""The consumer's thread that prunes: in its turn, in its own time, and without harm to anybody if it fails."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from dispatch import leases
from dispatch.consumer import pruner
from dispatch.consumer.pruner import EVERY, LOOK_SECONDS, Pruner
from dispatch.identifiers import new_id
from dispatch.models import Event, Lease
from dispatch.pruning import LEASE, PRUNER
from tests.dispatch.ledger.aged import many_aged
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def running_pruner() -> Iterator[Pruner]:
    stopping = threading.Event()
    thread = Pruner(new_id(), stopping)
    thread.start()
    try:
        yield thread
    finally:
        stopping.set()
        thread.join(10)
        assert not thread.is_alive()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_prunes_and_leaves_the_others_nothing_to_do() -> None:
    many_aged(700, 60, make_subscriber())
    with running_pruner():
        wait_until(lambda: not Event.objects.exists())
        wait_until(lambda: _until() > LEASE.total_seconds())
        assert not leases.acquire(PRUNER, new_id(), EVERY)


def _until() -> float:
    """The seconds for which the lease still holds."""
    return Lease.objects.get(name=PRUNER).until.timestamp() - time.time()


def test_it_leaves_the_ledger_alone_while_another_process_prunes() -> None:
    many_aged(5, 60, make_subscriber())
    assert leases.acquire(PRUNER, new_id(), EVERY)
    thread = Pruner(new_id(), threading.Event())
    assert thread._look() == LOOK_SECONDS
    assert Event.objects.count() == 5


def test_a_stop_in_the_middle_of_a_pass_gives_the_turn_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruner, "BATCH", 2)
    many_aged(40, 60, make_subscriber())
    stopping = threading.Event()
    stopping.set()
    Pruner(new_id(), stopping)._look()
    assert Event.objects.count() == 40
    assert not Lease.objects.exists()


def fail_with(error: Exception) -> Callable[..., None]:
    def fail(*arguments: object) -> None:
        raise error

    return fail


def test_a_fault_is_told_and_tried_again_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pruner, "prune", fail_with(RuntimeError("a fault of ours")))
    assert Pruner(new_id(), threading.Event())._look() == LOOK_SECONDS
    assert "a fault of ours" in caplog.text


def test_a_lost_database_is_waited_out(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    thread = Pruner(new_id(), threading.Event())
    with monkeypatch.context() as away, caplog.at_level(logging.INFO):
        away.setattr(pruner, "prune", fail_with(OperationalError("away")))
        assert [thread._look() for _ in range(3)] == [LOOK_SECONDS] * 3
    assert caplog.text.count("The database does not answer") == 1
    assert thread._look() == EVERY.total_seconds()
