"""How many requests to each subscriber may be in flight in this process: more as it answers, few while it is silent.

Pure: told what starts and ends, and the time. Nothing here is shared with other processes.
"""

from enum import Enum, auto
from itertools import count

from dispatch.breaker import FAILURES_IN_A_ROW

#: The part of the slots that a subscriber may have while others wait.
SHARE = 8
#: A new one begins with this part of the slots.
FIRST_SHARE = 64
#: Silent for longer than this, and than so many times its usual latency: stalled.
STALLED_SECONDS = 0.1
STALLED_LATENCIES = 8
STALLED_AT_LATEST_SECONDS = 10.0
#: One that answers sooner is brisk, and finds slots that no other may have.
BRISK_SECONDS = 0.25
#: A subscriber may have in the process what it will have answered in this time.
AHEAD_SECONDS = 0.5
#: After as many failures in a row as open the breaker, a process that has not heard of it yet waits between two tries:
#: one that fails within a millisecond would have hundreds more before it is recorded.
FAILING_PAUSE_SECONDS = 0.5
SWEEP_SECONDS = 0.02
LATENCY_WEIGHT = 1 / 8
MIN_LATENCY_SECONDS = 0.001
FORGET_ABOVE = 4_096


class Pace(Enum):
    BRISK = auto()
    SLOW = auto()  # or not known yet
    STALLED = auto()


class Window:
    """What is known of one subscriber. Times are seconds of one clock."""

    __slots__ = ("answered_at", "failures_in_a_row", "latency_seconds", "pace", "resumes_at", "size", "started")

    def __init__(self, size: int) -> None:
        self.size = size
        self.latency_seconds: float | None = None
        self.answered_at = 0.0
        self.failures_in_a_row = 0
        self.resumes_at = 0.0
        self.pace = Pace.SLOW
        #: When each request in flight was started, the oldest first.
        self.started: dict[int, float] = {}

    def is_silent(self, now: float) -> bool:
        """Whether nothing came for too long, though something is in flight."""
        silent_since = max(self.answered_at, next(iter(self.started.values())))
        usual = STALLED_LATENCIES * (self.latency_seconds or 0.0)
        return now - silent_since > max(STALLED_SECONDS, min(usual, STALLED_AT_LATEST_SECONDS))

    def fail(self, now: float) -> None:
        """There were too many at once, or it cannot take any."""
        self.size = max(1, min(self.size, len(self.started) + 1) // 2)
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= FAILURES_IN_A_ROW:
            self.resumes_at = now + FAILING_PAUSE_SECONDS

    def hear(self, latency_seconds: float, now: float) -> None:
        self.answered_at = now
        known = self.latency_seconds
        moved = latency_seconds if known is None else known + (latency_seconds - known) * LATENCY_WEIGHT
        self.latency_seconds = max(MIN_LATENCY_SECONDS, moved)


class Windows:
    """Used by the thread that delivers; `allowance` by any thread."""

    def __init__(self, slots: int) -> None:
        self.first = max(1, slots // FIRST_SHARE)
        self.share = max(1, slots // SHARE)
        #: So that one that comes new always finds a slot.
        self.most = max(1, slots * 3 // 4)
        self.half = max(1, slots // 2)
        self._windows: dict[int, Window] = {}
        self._busy: dict[int, Window] = {}
        self._in_flight = dict.fromkeys(Pace, 0)
        self._tickets = count()
        self._now = self._swept_at = 0.0

    def in_flight(self, subscriber_id: int) -> int:
        window = self._windows.get(subscriber_id)
        return len(window.started) if window else 0

    def may_start(self, subscriber_id: int, max_in_flight: int | None, *, is_alone: bool) -> bool:
        """Whether one more request may be started; `is_alone` says that no other subscriber waits for a slot."""
        window = self._window(subscriber_id)
        in_flight = len(window.started)
        if self._now < window.resumes_at:
            return False
        if max_in_flight is not None and in_flight >= max_in_flight:
            return False
        stalled = self._in_flight[Pace.STALLED]
        if window.pace is Pace.STALLED:
            return in_flight < self.first and stalled < self.half
        most = self.most if is_alone or max_in_flight is not None else self.share
        if in_flight >= min(window.size, most):
            return False
        return window.pace is Pace.BRISK or self._in_flight[Pace.SLOW] + stalled < self.most

    def allowance(self, subscriber_id: int, max_in_flight: int | None) -> int:
        """How many deliveries it may have in the process, in flight and waiting: no more than it soon answers."""
        window = self._windows.get(subscriber_id)
        if window is not None and window.pace is Pace.STALLED:
            return min(self.first, max_in_flight or self.first)
        if window is None or window.latency_seconds is None:
            return 2 * min(self.first, max_in_flight or self.first)
        size = min(window.size, self.most, max_in_flight or self.most)
        return int(size * (1 + AHEAD_SECONDS / window.latency_seconds))

    def start(self, subscriber_id: int, now: float) -> int:
        """A request begins; returns the ticket with which it ends."""
        window = self._window(subscriber_id)
        ticket = next(self._tickets)
        window.started[ticket] = now
        self._busy[subscriber_id] = window
        self._in_flight[window.pace] += 1
        return ticket

    def end(self, subscriber_id: int, ticket: int, now: float, *, is_answered: bool, is_failure: bool) -> None:
        """A request is over, with an answer or without one; a failure says that there were too many at once."""
        window = self._window(subscriber_id)
        started = window.started.pop(ticket)
        self._in_flight[window.pace] -= 1
        if not window.started:
            self._busy.pop(subscriber_id, None)
        if is_failure:
            window.fail(now)
        elif is_answered:
            window.failures_in_a_row = 0
            window.size = min(window.size + 1, self.most)
        if is_answered:
            window.hear(now - started, now)
            self._set_pace(window, _pace_of(window))
        elif window.pace is Pace.BRISK or not window.started:
            self._set_pace(window, Pace.SLOW)

    def restart(self, subscriber_id: int) -> None:
        """Begins small again: the subscriber is left alone for a while."""
        window = self._windows.get(subscriber_id)
        if window is not None:
            window.size = self.first
            window.latency_seconds = None
            window.failures_in_a_row, window.resumes_at = 0, 0.0
            self._set_pace(window, Pace.SLOW)

    def sweep(self, now: float) -> None:
        """Tells the time, and finds who is silent. To be called often: it looks only now and then."""
        self._now = now
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        for window in self._busy.values():
            if window.pace is not Pace.STALLED and window.is_silent(now):
                self._set_pace(window, Pace.STALLED)
        if len(self._windows) > FORGET_ABOVE:
            self._windows = dict(self._busy)

    def _window(self, subscriber_id: int) -> Window:
        window = self._windows.get(subscriber_id)
        if window is None:
            window = self._windows[subscriber_id] = Window(self.first)
        return window

    def _set_pace(self, window: Window, pace: Pace) -> None:
        if pace is not window.pace:
            self._in_flight[window.pace] -= len(window.started)
            self._in_flight[pace] += len(window.started)
            window.pace = pace


def _pace_of(window: Window) -> Pace:
    return Pace.BRISK if (window.latency_seconds or 0.0) <= BRISK_SECONDS else Pace.SLOW
