"""The thread that counts the ledger."""

import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from dispatch.consumer import counting
from dispatch.consumer.counting import COUNTER, LEASE, CountingThread
from dispatch.counting import CHUNK, Folder
from dispatch.identifiers import new_id
from dispatch.leases import acquire
from dispatch.models import Lease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stopping() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_one_process_counts_at_a_time(stopping: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    folded: list[int] = []
    monkeypatch.setattr(Folder, "fold", lambda folder: folded.append(1) or 0)
    acquire(COUNTER, new_id(), LEASE)
    thread = CountingThread(new_id(), stopping)
    thread._look()
    assert folded == []
    Lease.objects.all().delete()
    thread._look()
    assert folded == [1]


def test_it_goes_on_at_once_while_there_is_much(stopping: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([CHUNK, 3])
    monkeypatch.setattr(Folder, "fold", lambda folder: next(counts))
    thread = CountingThread(new_id(), stopping)
    assert [thread._look(), thread._look()] == [0.0, counting.LOOK_SECONDS]


@pytest.mark.parametrize("fault", [OperationalError("away"), ValueError("ours")])
def test_no_fault_ends_it(
    fault: Exception, stopping: threading.Event, monkeypatch: pytest.MonkeyPatch, quiet_log: None
) -> None:
    stopping.set()  # waits for nothing

    def fails(folder: Folder) -> int:
        raise fault

    monkeypatch.setattr(Folder, "fold", fails)
    assert CountingThread(new_id(), stopping)._look() == counting.LOOK_SECONDS


def test_at_its_end_another_process_may_count_at_once(stopping: threading.Event) -> None:
    thread = CountingThread(new_id(), stopping)
    thread.start()
    stopping.set()
    thread.join(10)
    assert acquire(COUNTER, new_id(), LEASE)
