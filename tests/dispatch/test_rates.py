"""A rate limit's grants, as tables and over simulated time."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.rates import available, grant

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("debt_seconds", "per_second", "count"),
    [
        (None, 10, 10),
        (-100, 10, 10),
        (0, 10, 10),
        (0.5, 10, 5),
        (0.95, 10, 0),
        (1, 10, 0),
        (5, 10, 0),
        (None, 0.1, 1),
        (9, 0.1, 0),
        (10, 0.1, 0),
        (0, 0.1, 1),
        (None, 1, 1),
        (None, 2.5, 2),
        (None, 3, 3),
        (None, 1000, 1000),
    ],
)
def test_at_most_a_seconds_worth_goes_at_once(debt_seconds: float | None, per_second: float, count: int) -> None:
    due_at = None if debt_seconds is None else NOW + timedelta(seconds=debt_seconds)
    assert available(due_at, per_second, NOW) == count


def test_what_is_granted_is_a_debt() -> None:
    assert grant(None, 10, 4, NOW) == (4, NOW + timedelta(seconds=0.4))
    assert grant(NOW + timedelta(seconds=0.4), 10, 99, NOW) == (6, NOW + timedelta(seconds=1))
    assert grant(NOW + timedelta(seconds=1), 10, 99, NOW) == (0, NOW + timedelta(seconds=1))


@pytest.mark.parametrize("per_second", [0.3, 1, 3, 7.5, 100])
def test_whoever_asks_whenever_never_gets_more_than_the_rate_and_a_second_ahead(per_second: float) -> None:
    chance, due_at, granted, seconds = random.Random(7), None, 0, 0.0
    for _ in range(2_000):
        seconds += chance.expovariate(per_second * 3)
        more, due_at = grant(due_at, per_second, chance.randint(1, 5), NOW + timedelta(seconds=seconds))
        granted += more
        assert granted <= max(1.0, per_second) + seconds * per_second + 0.01
    assert granted >= 0.7 * seconds * per_second  # where one at a time is granted, each waits for the next to ask
