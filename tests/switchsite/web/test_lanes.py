"""Which requests a thread takes, and how many at once."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from switchsite.web import lanes as module
from switchsite.web.exchange import Exchange
from switchsite.web.lanes import Lanes

#: Of a publish that becomes overdue only after the test, however slow the machine.
NOT_YET = -60.0


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def publish(loop: asyncio.AbstractEventLoop) -> "Maker":
    return Maker(loop, is_publish=True)


@pytest.fixture
def other(loop: asyncio.AbstractEventLoop) -> "Maker":
    return Maker(loop, is_publish=False)


class Maker:
    def __init__(self, loop: asyncio.AbstractEventLoop, *, is_publish: bool) -> None:
        self._loop = loop
        self._is_publish = is_publish

    def __call__(self, size: int = 100, waited_seconds: float = 0.0) -> Exchange:
        came_at = time.monotonic() - waited_seconds
        return Exchange({}, size, self._is_publish, self._loop.create_future(), came_at)


def filled(lanes: Lanes, *exchanges: Exchange) -> Lanes:
    for exchange in exchanges:
        lanes.put(exchange)
    return lanes


def can_take(lanes: Lanes) -> bool:
    """Whether a thread that asks finds work at once; it is left behind if not."""
    thread = threading.Thread(target=lanes.take, daemon=True)
    thread.start()
    thread.join(0.2)
    return not thread.is_alive()


def test_publishes_that_wait_are_taken_together(publish: Maker) -> None:
    waiting = [publish() for _ in range(5)]
    assert filled(Lanes(4, 1), *waiting).take() == waiting


def test_a_group_is_closed_at_its_number(publish: Maker) -> None:
    lanes = filled(Lanes(4, 1), *[publish() for _ in range(module.GROUP_PUBLISHES + 1)])
    assert len(lanes.take()) == module.GROUP_PUBLISHES


def test_a_group_is_closed_at_its_bytes_and_one_that_is_larger_goes_alone(publish: Maker) -> None:
    half, rest, huge = publish(module.GROUP_BYTES // 2), publish(module.GROUP_BYTES // 2), publish(1 << 30)
    lanes = filled(Lanes(4, 4), half, rest, publish(), huge)
    assert [len(lanes.take()) for _ in range(3)] == [2, 1, 1]


def test_other_requests_are_taken_one_by_one_and_before_publishes(publish: Maker, other: Maker) -> None:
    first, second, third = other(), other(), publish()
    lanes = filled(Lanes(4, 1), third, first, second)
    assert [lanes.take(), lanes.take(), lanes.take()] == [[first], [second], [third]]


def test_publishes_that_come_while_others_are_stored_wait_and_gather(publish: Maker) -> None:
    lanes = filled(Lanes(4, 1), publish())
    group = lanes.take()
    filled(lanes, publish(waited_seconds=NOT_YET), publish(waited_seconds=NOT_YET))
    assert not can_take(lanes)
    lanes.done(group)
    assert len(lanes.take()) == 2


def test_a_publish_that_waits_for_long_is_given_to_another_thread(publish: Maker) -> None:
    lanes = filled(Lanes(4, 1), publish())
    lanes.take()
    late = publish(waited_seconds=1)
    filled(lanes, late)
    assert lanes.take() == [late]


def test_a_thread_that_sleeps_is_woken_for_a_publish_that_waits_for_long(
    publish: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.1)
    lanes = filled(Lanes(4, 1), publish())
    lanes.take()
    thread = threading.Thread(target=lanes.take, daemon=True)
    thread.start()
    filled(lanes, publish())
    deadline = time.monotonic() + 10
    while lanes.hurry() and time.monotonic() < deadline:
        time.sleep(0.02)
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("threads", [2, 8])
def test_neither_kind_of_request_takes_every_thread(threads: int, publish: Maker, other: Maker) -> None:
    lanes = filled(Lanes(threads, 1), *[other() for _ in range(threads + 1)])
    for _ in range(threads - 1):
        assert not lanes.take()[0].is_publish
    filled(lanes, publish())
    assert lanes.take()[0].is_publish
    lanes = filled(Lanes(threads, 1), *[publish(1 << 30, waited_seconds=9) for _ in range(threads + 1)])
    for _ in range(threads - 1):
        assert lanes.take()[0].is_publish
    filled(lanes, other())
    assert not lanes.take()[0].is_publish


def test_a_single_thread_does_both(publish: Maker, other: Maker) -> None:
    lanes = filled(Lanes(1, 1), publish(), other())
    first = lanes.take()
    lanes.done(first)
    assert {first[0].is_publish, lanes.take()[0].is_publish} == {True, False}
