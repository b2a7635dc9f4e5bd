"""How many requests to each subscriber may be in flight, told by what starts and ends. No time passes in earnest."""

from collections.abc import Iterable

import pytest

from dispatch.breaker import FAILURES_IN_A_ROW
from dispatch.consumer.windows import FAILING_PAUSE_SECONDS, Windows

SLOTS = 256
FIRST, SHARE, MOST, HALF = 4, 32, 192, 128


class Clock:
    """Windows with a time of their own, and what is in flight for each subscriber."""

    def __init__(self, slots: int = SLOTS) -> None:
        self.windows = Windows(slots)
        self.now = 100.0
        self.flying: dict[int, list[int]] = {}

    def fill(self, *subscribers: int, most: int | None = None, is_alone: bool = False) -> list[int]:
        """Starts for each in turn what it may; returns how many each has in flight."""
        waiting = list(subscribers)
        while waiting:
            waiting = [each for each in waiting if self.windows.may_start(each, most, is_alone=is_alone)]
            for each in waiting:
                if self.windows.may_start(each, most, is_alone=is_alone):
                    self.flying.setdefault(each, []).append(self.windows.start(each, self.now))
        return [self.windows.in_flight(each) for each in subscribers]

    def end(self, subscriber: int, *, is_answered: bool = True, is_failure: bool = False, place: int = 0) -> None:
        ticket = self.flying[subscriber].pop(place)
        self.windows.end(subscriber, ticket, self.now, is_answered=is_answered, is_failure=is_failure)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.windows.sweep(self.now)

    def answer_all(self, *subscribers: int, after: float) -> None:
        self.now += after
        for each in subscribers:
            while self.flying.get(each):
                self.end(each)
        self.windows.sweep(self.now)

    def warm(self, subscribers: Iterable[int], latency: float, rounds: int = 8, is_alone: bool = False) -> None:
        """Each is sent to, and answers."""
        for subscriber in subscribers:
            for _ in range(rounds):
                self.fill(subscriber, is_alone=is_alone)
                self.answer_all(subscriber, after=latency)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_new_one_begins_small_and_grows_with_each_answer(clock: Clock) -> None:
    grown = []
    for _ in range(7):
        grown += clock.fill(1)
        clock.answer_all(1, after=0.01)
    assert grown == [4, 8, 16, 32, 32, 32, 32]


def test_alone_it_may_have_what_leaves_room_for_one_that_comes_new(clock: Clock) -> None:
    clock.warm([1], 0.01, is_alone=True)
    assert clock.fill(1, is_alone=True) == [MOST]
    assert clock.fill(2) == [FIRST]


@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize(("most", "in_flight"), [(1, 1), (3, 3), (50, 50), (1_000, MOST)])
def test_a_limit_of_its_own_counts_instead_of_the_share(
    clock: Clock, most: int, in_flight: int, is_alone: bool
) -> None:
    clock.warm([1], 0.01, is_alone=True)
    assert clock.fill(1, most=most, is_alone=is_alone) == [in_flight]


@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "no answer"])
def test_a_failure_halves_it(clock: Clock, is_answered: bool) -> None:
    clock.warm([1], 0.01)
    clock.fill(1)
    sizes = []
    while clock.flying[1]:
        clock.end(1, is_answered=is_answered, is_failure=True)
        sizes.append(clock.windows._windows[1].size)
    assert sizes[:7] == [16, 8, 4, 2, 1, 1, 1]
    clock.wait(FAILING_PAUSE_SECONDS)  # they were more than ten in a row
    assert clock.fill(1) == [1]


def test_a_silent_one_may_start_no_more_than_a_new_one_until_it_answers(clock: Clock) -> None:
    clock.warm([1], 0.01)
    clock.flying[1] = [clock.windows.start(1, clock.now) for _ in range(3)]
    clock.wait(0.2)
    assert clock.fill(1) == [FIRST]
    clock.end(1)
    assert clock.fill(1) == [SHARE]


def test_a_slow_one_is_not_silent_sooner_than_it_is_wont_to_be(clock: Clock) -> None:
    clock.warm([1], 1.0)
    clock.fill(1)
    clock.wait(7.0)
    clock.end(1)
    assert clock.fill(1) == [SHARE]
    clock.wait(30.0)
    assert not clock.windows.may_start(1, None, is_alone=False)


def test_one_slow_answer_among_quick_ones_is_no_silence(clock: Clock) -> None:
    clock.warm([1], 0.01)
    clock.fill(1)
    for _ in range(20):
        clock.now += 0.05
        clock.end(1, place=-1)  # the first one stays
        clock.windows.sweep(clock.now)
        assert clock.windows.may_start(1, None, is_alone=False)
        clock.fill(1)


def test_twenty_of_a_hundred_that_begin_to_hang_do_not_fill_the_slots(clock: Clock) -> None:
    """50 events a second come for each, as long as it takes."""
    clock.warm(range(100), 0.005)
    for _ in range(500):
        for each in range(20):
            if clock.windows.may_start(each, None, is_alone=False):
                clock.windows.start(each, clock.now)
        clock.wait(0.02)
    assert sum(clock.windows.in_flight(each) for each in range(20)) <= 160
    assert clock.fill(50) == [SHARE]


def test_silent_ones_start_nothing_more_in_the_second_half_of_the_slots(clock: Clock) -> None:
    clock.warm(range(100), 0.005)
    for each in range(100):
        clock.windows.start(each, clock.now)
    clock.wait(0.2)
    assert sum(clock.fill(*range(100))) == HALF
    assert clock.fill(500) == [FIRST]


def test_new_and_slow_ones_leave_room_for_a_brisk_one(clock: Clock) -> None:
    clock.warm([500], 0.005)
    assert sum(clock.fill(*range(300))) == MOST
    assert clock.fill(500) == [SHARE]


def test_one_that_was_left_alone_begins_small(clock: Clock) -> None:
    clock.warm([1], 0.005)
    clock.windows.restart(1)
    assert clock.fill(1) == [FIRST]


@pytest.mark.parametrize("slots", [1, 2, 3, 4, 7, 64])
def test_with_few_slots_everybody_gets_one(slots: int) -> None:
    clock = Clock(slots)
    assert clock.fill(1) == [1]
    clock.wait(60)
    clock.answer_all(1, after=0)
    assert clock.fill(1)[0] >= 1


@pytest.mark.parametrize(
    ("latency", "at_least", "at_most"), [(0.005, 1_000, 10_000), (0.1, 100, 400), (1.0, 32, 60), (10.0, 32, 40)]
)
def test_a_subscriber_may_have_in_the_process_what_it_soon_answers(
    clock: Clock, latency: float, at_least: int, at_most: int
) -> None:
    clock.warm([1], latency, rounds=4)
    clock.windows._windows[1].size = SHARE
    assert at_least <= clock.windows.allowance(1, None) <= at_most
    assert clock.windows.allowance(1, 1) <= clock.windows.allowance(1, None)


def test_one_that_is_silent_or_unknown_may_have_little_in_the_process(clock: Clock) -> None:
    assert clock.windows.allowance(7, None) == 2 * FIRST
    clock.warm([1], 0.005)
    clock.fill(1)
    clock.wait(1.0)
    assert clock.windows.allowance(1, None) == FIRST


def test_windows_of_those_that_are_not_sent_to_are_forgotten(clock: Clock) -> None:
    clock.warm(range(5_000), 0.0001, rounds=1)
    clock.fill(9_999)
    clock.wait(1)
    assert len(clock.windows._windows) <= 4_096
    assert clock.windows.in_flight(9_999) == FIRST


def test_one_that_keeps_failing_is_tried_now_and_then_until_the_breaker_is_known(clock: Clock) -> None:
    tried = 0
    for _ in range(100):
        tried += sum(clock.fill(1))
        while clock.flying.get(1):
            clock.end(1, is_failure=True)
        clock.wait(0.001)
    assert FAILURES_IN_A_ROW <= tried < FAILURES_IN_A_ROW + FIRST
    assert clock.fill(1) == [0]
    clock.wait(FAILING_PAUSE_SECONDS)
    assert clock.fill(1) == [1]
    clock.answer_all(1, after=0.001)
    assert clock.fill(1) == [2], "it took one: nothing is in its way any more"


def test_one_that_was_left_alone_is_probed_without_a_wait(clock: Clock) -> None:
    for _ in range(FAILURES_IN_A_ROW):
        clock.fill(1)
        while clock.flying.get(1):
            clock.end(1, is_failure=True)
        clock.wait(0.001)
    assert clock.fill(1) == [0]
    clock.windows.restart(1)
    assert clock.fill(1) == [FIRST]
