"""Names are asked once for many, kept briefly, and a dead one holds up nobody else."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import Resolution, Resolver, Timeouts, resolver
from dispatch.transport.resolver import (
    FAST_LANE_AT_MOST,
    KEEP_FAILURE_SECONDS,
    KEEP_SECONDS,
    SLOW_SECONDS,
    system_lookup,
)
from tests.dispatch.transport.conftest import OpenTransport
from tests.dispatch.transport.moving import exchange, move
from tests.dispatch.transport.peers import OK, Peer

LOOPBACK = Resolution(("127.0.0.1",))


class Names:
    """A look-up that counts who is asked for, hangs on names in dead… until `bury`, and fails on those in unknown…"""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.hanging = 0
        self.most_hanging = 0
        self.begun = threading.Semaphore(0)
        self._buried = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, host: str) -> tuple[str, ...]:
        with self._lock:
            self.asked[host] += 1
        if host.startswith("dead"):
            with self._lock:
                self.hanging += 1
                self.most_hanging = max(self.most_hanging, self.hanging)
            self.begun.release()
            self._buried.wait(20)
            with self._lock:
                self.hanging -= 1
        if host.startswith("unknown"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ("127.0.0.1",)

    def bury(self) -> None:
        self._buried.set()


@pytest.fixture
def names() -> Iterator[Names]:
    found = Names()
    yield found
    found.bury()


@contextmanager
def resolving(lookup: Callable[[str], tuple[str, ...]], **options: object) -> Iterator[Resolver]:
    opened = Resolver(lookup, **options)  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        opened.close()


def ask(asked: Resolver, host: str, timeout_seconds: float = 5.0) -> Resolution:
    answered = threading.Event()
    answers: list[Resolution] = []

    def on_answer(resolution: Resolution) -> None:
        answers.append(resolution)
        answered.set()

    known = asked.resolve(host, on_answer)
    if known is not None:
        return known
    assert answered.wait(timeout_seconds), f"{host} was not answered"
    assert len(answers) == 1
    return answers[0]


def test_many_who_ask_at_once_cost_one_look_up(names: Names) -> None:
    answers: list[Resolution] = []
    arrived = threading.Semaphore(0)

    def on_answer(resolution: Resolution) -> None:
        answers.append(resolution)
        arrived.release()

    with resolving(names) as asked:
        assert [asked.resolve("dead.example", on_answer) for _ in range(100)] == [None] * 100
        names.bury()
        assert all(arrived.acquire(timeout=5) for _ in range(100))
    assert answers == [LOOPBACK] * 100
    assert names.asked == {"dead.example": 1}


@pytest.mark.parametrize(
    ("host", "seconds", "answer"),
    [
        ("good.example", KEEP_SECONDS, LOOPBACK),
        ("unknown.example", KEEP_FAILURE_SECONDS, Resolution((), "Name or service not known")),
    ],
)
def test_answer_is_kept_for_its_time(host: str, seconds: float, answer: Resolution, names: Names) -> None:
    now = 1000.0
    with resolving(names, clock=lambda: now) as asked:
        assert ask(asked, host) == answer
        now += seconds - 0.01
        assert asked.resolve(host, lambda resolution: None) == answer
        assert names.asked[host] == 1
        now += 0.02
        assert ask(asked, host) == answer
        assert names.asked[host] == 2


def test_failures_are_kept_more_briefly() -> None:
    assert KEEP_FAILURE_SECONDS < KEEP_SECONDS <= 60


@pytest.mark.parametrize("literal", ["127.0.0.1", "::1", "::ffff:10.0.0.1"])
def test_address_is_never_looked_up(literal: str, names: Names) -> None:
    with resolving(names) as asked:
        assert asked.resolve(literal, lambda resolution: None) == Resolution((literal,))
    assert names.asked == {}


@pytest.mark.parametrize("odd", ["0x7f.1", "127.1", "2130706433"])
def test_odd_forms_of_addresses_become_addresses_that_the_guard_can_judge(odd: str) -> None:
    with resolving(system_lookup) as asked:
        assert ask(asked, odd) == LOOPBACK


def test_system_lookup_gives_each_address_once() -> None:
    found = system_lookup("localhost")
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) > 0


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (socket.gaierror(-3, "Temporary failure in name resolution"), "Temporary failure in name resolution"),
        (UnicodeError("label too long"), "label too long"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_whatever_a_look_up_raises_is_an_answer(error: Exception, text: str) -> None:
    def lookup(host: str) -> tuple[str, ...]:
        raise error

    with resolving(lookup) as asked:
        assert ask(asked, "bad.example") == Resolution((), text)


def test_dead_names_hold_up_nobody_else(names: Names) -> None:
    with resolving(names, slow_seconds=0.1) as asked:
        for number in range(20):  # more than the lane has threads
            asked.resolve(f"dead{number}.example", lambda resolution: None)
        # Nobody asks after this one: it must not take another question to get past the dead.
        assert ask(asked, "good.example", timeout_seconds=2) == LOOPBACK


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def expire(self) -> None:
        self.now += KEEP_SECONDS + 1


class Moody:
    """A look-up of which each name takes its moods in turn, the last one for ever; others answer well."""

    def __init__(self, clock: Clock, names: Names, **moods: list[str]) -> None:
        self._clock = clock
        self._names = names
        self._moods = moods

    def __call__(self, host: str) -> tuple[str, ...]:
        moods = self._moods.get(host, [])
        mood = moods.pop(0) if len(moods) > 1 else "".join(moods)
        if "slow" in mood:
            self._clock.now += 2 * SLOW_SECONDS
        if "fails" in mood:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._names("dead" if mood == "hangs" else "good")


DEAD = [f"dead{number}" for number in range(20)]


def fill_the_slow_lane(asked: Resolver, clock: Clock, names: Names) -> None:
    """Asks after DEAD, whose first look-ups are slow, until they hang in the lane."""
    for host in DEAD:
        ask(asked, host)
    clock.expire()
    for host in DEAD:
        asked.resolve(host, lambda resolution: None)
    assert all(names.begun.acquire(timeout=5) for _ in range(resolver.SLOW_LANE))


def test_names_that_were_slow_are_asked_again_in_a_small_lane(names: Names) -> None:
    clock = Clock()
    lookup = Moody(clock, names, **{host: ["slow and fails", "hangs"] for host in DEAD})
    with resolving(lookup, clock=clock) as asked:
        fill_the_slow_lane(asked, clock, names)
        assert ask(asked, "good.example") == LOOPBACK
        assert names.most_hanging == resolver.SLOW_LANE


@pytest.mark.parametrize(
    "moods",
    [
        ["well", "fails", "well"],
        ["well", "slow", "well"],
        ["well", "slow and fails", "well"],
        ["well", "slow and fails", "well", "slow and fails", "well"],
        ["well", *["fails"] * 9, "well"],
        ["fails", "well"],
        ["slow and fails", "fails", "well"],
    ],
    ids=", ".join,
)
def test_name_that_was_in_trouble_does_not_wait_behind_the_dead(moods: list[str], names: Names) -> None:
    clock = Clock()
    dead = {host: ["slow and fails", "hangs"] for host in DEAD}
    with resolving(Moody(clock, names, good=[*moods], **dead), clock=clock) as asked:
        for _ in moods[1:]:
            ask(asked, "good")
            clock.expire()
        fill_the_slow_lane(asked, clock, names)
        assert ask(asked, "good") == LOOPBACK


@pytest.mark.parametrize("moods", [["slow"], ["slow and fails"], ["well", "slow and fails", "slow"]], ids=", ".join)
def test_name_that_is_slow_again_is_asked_among_the_slow(moods: list[str], names: Names) -> None:
    clock = Clock()
    lookup = Moody(clock, names, **{host: [*moods, "hangs"] for host in DEAD})
    with resolving(lookup, clock=clock) as asked:
        for _ in moods[1:]:
            for host in DEAD:
                ask(asked, host)
            clock.expire()
        fill_the_slow_lane(asked, clock, names)
        assert ask(asked, "good.example") == LOOPBACK
        assert names.most_hanging == resolver.SLOW_LANE


def test_threads_are_bounded_however_many_names_hang(names: Names) -> None:
    with resolving(names, slow_seconds=0.001) as asked:
        for number in range(200):
            asked.resolve(f"dead{number}.example", lambda resolution: None)
            threading.Event().wait(0.001)
        assert names.most_hanging <= FAST_LANE_AT_MOST
        names.bury()
        assert ask(asked, "good.example") == LOOPBACK


def test_memory_is_bounded(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "MAX_REMEMBERED", 5)
    with resolving(names) as asked:
        for number in range(20):
            assert ask(asked, f"host{number}.example") == LOOPBACK
            assert len(asked._known) <= 5


def test_exchanges_go_on_while_dead_names_hang(names: Names, open_transport: OpenTransport) -> None:
    transport = open_transport(names)
    brief = Timeouts(connect_seconds=0.5)
    with Peer(OK) as peer:
        dead = [exchange(f"http://dead{number}.example/", timeouts=brief) for number in range(12)]
        good = [exchange(f"http://good{number}.example:{peer.port}/", timeouts=brief) for number in range(12)]
        outcomes = move(transport, *dead, *good)
    assert [outcome.error_kind for outcome in outcomes[:12]] == [ErrorKind.DNS] * 12
    assert [outcome.status for outcome in outcomes[12:]] == [200] * 12
