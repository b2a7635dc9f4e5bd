"""The rate that is asked for is the rate over time, whatever the looks are like."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.replays.pacing import allowance, paced

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("rate", [0.5, 1, 7, 50, 2_000])
@pytest.mark.parametrize("look_seconds", [0.01, 0.1, 0.7])
def test_over_a_minute_the_rate_is_kept(rate: float, look_seconds: float) -> None:
    paced_until, sent = None, 0
    for look in range(int(60 / look_seconds)):
        now = START + timedelta(seconds=look * look_seconds)
        allowed = allowance(rate, paced_until, now)
        paced_until = paced(rate, paced_until, now, allowed)
        sent += allowed
    assert 0.97 * rate * 60 - 1 <= sent <= rate * 60 + 1


def test_the_first_need_not_wait() -> None:
    assert allowance(0.01, None, START) == 1


def test_what_was_not_used_is_not_made_up_for() -> None:
    paced_until = paced(10, None, START, 1)
    assert allowance(10, paced_until, START + timedelta(hours=1)) == 10


def test_a_slow_rate_waits_its_time() -> None:
    paced_until = paced(0.1, None, START, 1)
    assert allowance(0.1, paced_until, START + timedelta(seconds=9)) == 0
    assert allowance(0.1, paced_until, START + timedelta(seconds=10)) == 1


def test_what_was_left_out_costs_nothing_of_the_rate() -> None:
    paced_until = paced(10, None, START, 0)
    assert allowance(10, paced_until, START) == 1
