"""Faktory's own schedule: count⁴ + 15 + rand(30)·(count + 1) seconds."""

import random
from datetime import timedelta

import pytest

from dispatch.retries import earliest_retry, latest_retry, retry_delay

BOUNDS = [
    # failures, least and most seconds, with rand(30) from 0 to 29
    (1, 15, 15 + 29),
    (2, 16, 16 + 58),
    (3, 31, 31 + 87),
    (10, 9**4 + 15, 9**4 + 15 + 290),
    (25, 24**4 + 15, 24**4 + 15 + 725),
]


@pytest.mark.parametrize(("failures", "least", "most"), BOUNDS)
def test_delay_keeps_within_the_bounds_and_reaches_them(failures: int, least: int, most: int) -> None:
    random.seed(7)
    delays = {retry_delay(failures).total_seconds() for _ in range(1_000)}
    assert (min(delays), max(delays)) == (least, most)
    assert len(delays) == 30


@pytest.mark.parametrize(("failures", "least", "most"), BOUNDS)
def test_named_bounds_hold_every_delay(failures: int, least: int, most: int) -> None:
    assert earliest_retry(failures) == timedelta(seconds=least)
    assert latest_retry(failures) >= timedelta(seconds=most)
    assert latest_retry(failures) <= timedelta(seconds=most + failures)


def test_twenty_five_failures_span_about_three_weeks() -> None:
    least = sum((earliest_retry(failures) for failures in range(1, 26)), timedelta())
    assert timedelta(days=20) < least < timedelta(days=22)
