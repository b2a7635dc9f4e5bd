"""What to do about an outcome: a policy that returns a value, carried out elsewhere. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

from dispatch.outcomes import PERMANENT_ERRORS, Outcome
from dispatch.retries import earliest_retry

#: The longest wait that a subscriber can ask for at once, and in all for one delivery.
MAX_DEFERRAL = timedelta(hours=1)
MAX_TOTAL_DEFERRAL = timedelta(days=1)
#: A delivery never waits for less than behind a first failure, nor for less than so large a part of what it has waited
#: in all: who asks for a second each time is tried some 80 times in its day, and not 86,400 times.
MIN_DEFERRAL = earliest_retry(1)
MIN_DEFERRED_PART = 1 / 10
ASKS_TO_WAIT = (429, 503)
GONE = 410


class Act(StrEnum):
    DELIVERED = "delivered"
    RETRY = "retry"  # on the schedule; counts as a failure
    DEFER = "defer"  # as the subscriber asked; does not count
    DEAD = "dead"
    HOLD = "hold"  # not tried; waits until the reason ends
    CANCEL = "cancel"  # not tried, and never will be
    HAND_BACK = "hand_back"  # not tried to the end by this consumer, which stops; does not count


class Verdict(NamedTuple):
    """`reason` is a value of `Delivery.Reason`; `pauses` says to pause the subscriber.

    For DEFER, `delay` is how long this delivery waits, and `asked` the wait that the subscriber asked for, which holds
    for all that it gets.
    """

    act: Act
    reason: str = ""
    delay: timedelta = timedelta()
    asked: timedelta = timedelta()
    pauses: bool = False


class Standing(NamedTuple):
    """What a verdict depends on besides the outcome: the delivery as it stood before this try."""

    failures: int
    retry_limit: int
    deferred: timedelta
    has_path_parameters: bool


def judge(outcome: Outcome, standing: Standing, now: datetime) -> Verdict:
    """What to do about `outcome`."""
    if outcome.status is not None and 200 <= outcome.status < 300:
        return Verdict(Act.DELIVERED)
    if outcome.error_kind in PERMANENT_ERRORS:
        return Verdict(Act.DEAD, reason="permanent")
    if outcome.status == GONE:
        # One gone resource must not silence the others that the same URL template leads to.
        return Verdict(Act.DEAD, reason="gone", pauses=not standing.has_path_parameters)
    asked = retry_after(outcome, now) if outcome.status in ASKS_TO_WAIT else None
    if asked:  # one that asks for no wait would be tried without end: it is a failure like any other
        delay = max(asked, shortest_deferral(standing.deferred))
        if standing.deferred + delay <= MAX_TOTAL_DEFERRAL:
            return Verdict(Act.DEFER, reason="throttled", delay=delay, asked=asked)
    if standing.failures >= standing.retry_limit:
        return Verdict(Act.DEAD, reason="exhausted")
    return Verdict(Act.RETRY)


def shortest_deferral(deferred: timedelta) -> timedelta:
    """The least that a delivery waits, whatever was asked, once it has waited for `deferred` in all."""
    return min(max(MIN_DEFERRAL, deferred * MIN_DEFERRED_PART), MAX_DEFERRAL)


def retry_after(outcome: Outcome, now: datetime) -> timedelta | None:
    """The wait that a `Retry-After` header asks for (RFC 9110, section 10.2.3), capped; None without a readable one."""
    text = next((value.strip() for name, value in outcome.headers if name.lower() == "retry-after"), "")
    if text.isascii() and text.isdigit():
        # Python refuses to read thousands of digits; a number of seven is over the cap anyway.
        return min(timedelta(seconds=int(text.lstrip("0")[:7] or "0")), MAX_DEFERRAL)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), MAX_DEFERRAL)
