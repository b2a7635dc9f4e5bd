"""A lane has few threads while they move, and more of them only where some are stuck."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dispatch.transport.lanes import Lane


@contextmanager
def lane(size: int, most: int, patience_seconds: float) -> Iterator[Lane]:
    opened = Lane("lane-of-tests", size, most, patience_seconds)
    try:
        yield opened
    finally:
        opened.close()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lane-of-tests"]


def block(over: threading.Event, begun: threading.Semaphore) -> Callable[[], None]:
    def task() -> None:
        begun.release()
        over.wait(20)

    return task


def begun_within(begun: threading.Semaphore, count: int, timeout_seconds: float = 3.0) -> bool:
    return all(begun.acquire(timeout=timeout_seconds) for _ in range(count))


@pytest.fixture(autouse=True)
def _all_threads_end() -> Iterator[None]:
    yield
    for thread in threads():
        thread.join(5)
    assert threads() == []


def test_no_thread_without_a_task() -> None:
    with lane(4, 8, 1.0):
        assert threads() == []


def test_every_task_runs_once_however_few_the_threads() -> None:
    ran: list[int] = []
    done = threading.Semaphore(0)

    def task(number: int) -> None:
        ran.append(number)
        done.release()

    with lane(2, 2, 1.0) as opened:
        for number in range(200):
            opened.submit(lambda number=number: task(number))  # type: ignore[misc]
        assert begun_within(done, 200)
        assert len(threads()) <= 2
    assert sorted(ran) == list(range(200))


def test_tasks_wait_while_all_threads_move() -> None:
    over, begun = threading.Event(), threading.Semaphore(0)
    with lane(2, 8, patience_seconds=60) as opened:
        for _ in range(5):
            opened.submit(block(over, begun))
        assert begun_within(begun, 2)
        assert not begun.acquire(timeout=0.1)
        assert len(threads()) == 2
        over.set()
        assert begun_within(begun, 3)


def test_stuck_thread_has_another_in_its_place() -> None:
    over, begun = threading.Event(), threading.Semaphore(0)
    with lane(2, 8, patience_seconds=0.05) as opened:
        for _ in range(2):
            opened.submit(block(over, begun))
        assert begun_within(begun, 2)
        threading.Event().wait(0.1)
        opened.submit(block(over, begun))
        assert begun_within(begun, 1)
        assert len(threads()) == 3
        over.set()


def test_tasks_that_wait_get_threads_once_those_before_are_stuck() -> None:
    over, begun = threading.Event(), threading.Semaphore(0)
    with lane(2, 20, patience_seconds=0.05) as opened:
        for _ in range(9):
            opened.submit(block(over, begun))
        assert begun_within(begun, 9)
        over.set()


def test_closed_lane_starts_no_more_threads() -> None:
    over, begun = threading.Event(), threading.Semaphore(0)
    with lane(1, 5, patience_seconds=0.05) as opened:
        for _ in range(3):
            opened.submit(block(over, begun))
        assert begun_within(begun, 1)
    assert not begun.acquire(timeout=0.15)
    over.set()
    assert begun_within(begun, 2)


def test_threads_are_never_more_than_most() -> None:
    over, begun = threading.Event(), threading.Semaphore(0)
    with lane(1, 3, patience_seconds=0.0) as opened:
        for _ in range(10):
            opened.submit(block(over, begun))
            threading.Event().wait(0.01)
        assert begun_within(begun, 3)
        assert not begun.acquire(timeout=0.1)
        assert len(threads()) == 3
        over.set()
        assert begun_within(begun, 7)


def test_idle_thread_takes_the_next_task() -> None:
    done = threading.Semaphore(0)
    with lane(4, 8, 1.0) as opened:
        opened.submit(done.release)  # type: ignore[arg-type]
        assert begun_within(done, 1)
        while opened._pending:  # the thread says a moment later that it is idle
            threading.Event().wait(0.001)
        opened.submit(done.release)  # type: ignore[arg-type]
        assert begun_within(done, 1)
        assert len(threads()) == 1


def test_closed_lane_finishes_what_was_submitted() -> None:
    done = threading.Semaphore(0)
    with lane(2, 2, 1.0) as opened:
        for _ in range(20):
            opened.submit(done.release)  # type: ignore[arg-type]
    assert begun_within(done, 20)
