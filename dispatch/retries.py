"""When a failed delivery is tried again: Faktory's own schedule, kept by both queues. Pure.

Source: https://github.com/contribsys/faktory/wiki/Job-Errors
"""

import random
from datetime import timedelta


def earliest_retry(failures: int) -> timedelta:
    """The least delay behind failure number `failures`, which counts from 1."""
    count = failures - 1
    return timedelta(seconds=count**4 + 15)


def latest_retry(failures: int) -> timedelta:
    """The longest delay behind failure number `failures`."""
    return earliest_retry(failures) + timedelta(seconds=30 * failures)


def retry_delay(failures: int) -> timedelta:
    """A delay between the two, at random, so that what failed together does not come back together."""
    jitter = random.randrange(30) * failures  # noqa: S311 - spreads load; nobody gains by guessing it
    return earliest_retry(failures) + timedelta(seconds=jitter)
