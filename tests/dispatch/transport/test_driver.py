import threading
import time
from collections.abc import Iterator

import pytest

from dispatch.transport.driver import Driver


@pytest.fixture
def driver() -> Iterator[Driver]:
    opened = Driver()
    yield opened
    opened.close()


def test_move_without_anything_to_do_ends_by_itself(driver: Driver) -> None:
    driver.move(0.01)


def test_wake_ends_a_move_that_waits(driver: Driver) -> None:
    threading.Timer(0.05, driver.wake).start()
    started = time.monotonic()
    driver.move(30.0)
    assert time.monotonic() - started < 10


def test_wake_before_a_move_is_kept_for_it(driver: Driver) -> None:
    driver.wake()
    started = time.monotonic()
    driver.move(30.0)
    assert time.monotonic() - started < 10


def test_wakes_never_block_however_many_wait(driver: Driver) -> None:
    for _ in range(100_000):
        driver.wake()
    driver.move(30.0)
    while driver._woken in [key.fileobj for key, _ in driver._selector.select(0)]:
        driver.move(0.0)
    driver.move(0.01)


def test_wake_after_close_does_nothing() -> None:
    closed = Driver()
    closed.close()
    closed.wake()
