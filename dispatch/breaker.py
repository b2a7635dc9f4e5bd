"""When a subscriber that keeps failing is left alone, and when it is tried again: a policy. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dispatch.outcomes import PERMANENT_ERRORS, ErrorKind, Outcome

#: It opens at so many failures in a row, or when so large a part of enough tries in a minute has failed.
FAILURES_IN_A_ROW = 10
FAILURE_RATE = 0.5
TRIES_TO_JUDGE = 20
WINDOW = timedelta(minutes=1)
#: It stays open for the first pause, and twice as long each time that the probe fails, up to the longest.
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
#: A probe of which nothing is heard for so long is lost: above the longest exchange and the time to record it.
PROBE_LOST_AFTER = timedelta(seconds=90)
#: These say nothing of how the subscriber does: policy or the event is at fault, or this process.
NOT_ITS_FAULT = PERMANENT_ERRORS | {ErrorKind.CUT_OFF, ErrorKind.INTERNAL}
TIMED_OUT_THERE, TOO_MANY_REQUESTS = 408, 429


class Sign(StrEnum):
    """What one try says of its subscriber."""

    WELL = "well"  # it took it
    UP = "up"  # it answered, and refused this one
    FAILED = "failed"  # it did not answer, or said that it cannot
    NONE = "none"


class Breaker(StrEnum):
    """The values of `Health.Breaker`."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a subscriber does, as the health row holds it. As it is made here, all is well."""

    breaker: str = Breaker.CLOSED
    cause: str = ""
    open_until: datetime | None = None
    opened_in_a_row: int = 0
    failures_in_a_row: int = 0
    window_started_at: datetime | None = None
    window_failures: int = 0
    window_tries: int = 0
    failing_since: datetime | None = None


@dataclass(slots=True)
class Tally:
    """What the tries that ended together say of one subscriber. `probe` is the sign of a try that was to find out."""

    well: int = 0
    up: int = 0
    failed: int = 0
    failed_last: int = 0  # since the last that did not
    throttled_until: datetime | None = None
    probe: Sign | None = None

    def add(self, sign: Sign, *, is_probe: bool = False, throttled_until: datetime | None = None) -> None:
        self.well += sign is Sign.WELL
        self.up += sign is Sign.UP
        self.failed += sign is Sign.FAILED
        if sign is not Sign.NONE:
            self.failed_last = self.failed_last + 1 if sign is Sign.FAILED else 0
        if throttled_until is not None:
            self.throttled_until = max(throttled_until, self.throttled_until or throttled_until)
        if is_probe:
            self.probe = sign

    @property
    def is_all_well(self) -> bool:
        return not (self.up or self.failed or self.throttled_until or self.probe)


def sign_of(outcome: Outcome) -> Sign:
    """Of one that asked to wait by `Retry-After`, the caller says UP: it answered, and it said when to come again."""
    if outcome.status is None:
        return Sign.NONE if outcome.error_kind in NOT_ITS_FAULT else Sign.FAILED
    if 200 <= outcome.status < 300:
        return Sign.WELL
    is_failure = outcome.status >= 500 or outcome.status in (TIMED_OUT_THERE, TOO_MANY_REQUESTS)
    return Sign.FAILED if is_failure else Sign.UP


def after(before: Condition, tally: Tally, now: datetime) -> Condition:
    """The condition once the tries of `tally` have ended."""
    condition = replace(before, failing_since=_failing_since(before, tally, now))
    if tally.throttled_until is not None and tally.throttled_until > now:
        return _throttled(condition, tally.throttled_until)
    if condition.breaker == Breaker.CLOSED:
        return _counted(condition, tally, now)
    return _probed(condition, tally.probe, now) if tally.probe else condition


def _failing_since(before: Condition, tally: Tally, now: datetime) -> datetime | None:
    if tally.well:
        return None
    return (before.failing_since or now) if tally.failed or tally.up else before.failing_since


def _throttled(condition: Condition, until: datetime) -> Condition:
    if condition.breaker == Breaker.OPEN and condition.open_until:
        return replace(condition, open_until=max(condition.open_until, until))
    return replace(condition, breaker=Breaker.OPEN, cause="throttled", open_until=until)


def _counted(condition: Condition, tally: Tally, now: datetime) -> Condition:
    in_a_row = tally.failed_last if tally.well or tally.up else condition.failures_in_a_row + tally.failed
    counted = replace(_in_window(condition, tally, now), failures_in_a_row=in_a_row)
    tries, failures = counted.window_tries, counted.window_failures
    is_failing = tries >= TRIES_TO_JUDGE and failures >= FAILURE_RATE * tries
    return _opened(counted, now) if in_a_row >= FAILURES_IN_A_ROW or is_failing else counted


def _in_window(condition: Condition, tally: Tally, now: datetime) -> Condition:
    """Counts the tries in the window, which begins with a failure and ends after its time."""
    tries = tally.well + tally.up + tally.failed
    started = condition.window_started_at
    if started is not None and now - started < WINDOW:
        return replace(
            condition,
            window_failures=condition.window_failures + tally.failed,
            window_tries=condition.window_tries + tries,
        )
    if not tally.failed:
        return replace(condition, window_started_at=None, window_failures=0, window_tries=0)
    return replace(condition, window_started_at=now, window_failures=tally.failed, window_tries=tries)


def _probed(condition: Condition, probe: Sign, now: datetime) -> Condition:
    if probe is Sign.FAILED:
        return _opened(condition, now)
    if probe is Sign.NONE:  # it told nothing: the next one may go at once
        return replace(condition, breaker=Breaker.OPEN, open_until=now)
    return Condition(failing_since=condition.failing_since)


def _opened(condition: Condition, now: datetime) -> Condition:
    pause = min(FIRST_PAUSE * 2 ** min(condition.opened_in_a_row, 10), LONGEST_PAUSE)
    return Condition(
        breaker=Breaker.OPEN,
        cause="failures",
        open_until=now + pause,
        opened_in_a_row=condition.opened_in_a_row + 1,
        failing_since=condition.failing_since,
    )
