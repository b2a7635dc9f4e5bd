"""Whether the hub is healthy, in a sentence; and if it is not, what is wrong, the worst first, and where to look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dispatch.backpressure import Reached
from dispatch.dashboard.figures import ago, counted
from dispatch.dashboard.standing import DEAD_LOOKED_AT, Standing
from dispatch.dashboard.traffic import Traffic
from dispatch.overdue import OVERDUE
from dispatch.readiness import stalled

#: Counters that are further behind tell too little of the present.
BEHIND = timedelta(minutes=2)
#: From so many tries on, a lower share of success is worth a word.
TRIES, SHARE = 20, 0.95


@dataclass(frozen=True, slots=True)
class Trouble:
    """`place` names what to open: a subscriber by its number, a list, or a part of the dashboard."""

    sentence: str
    place: str
    is_grave: bool = False


def troubles(standing: Standing, traffic: Traffic, reached: Reached | None) -> list[Trouble]:
    """None if all is well. `reached` is the limit that refuses publishes. Raises DatabaseError."""
    found = [
        *(*_delivering(standing), *_refusing(reached), *_subscribers(standing)),
        *(*_failing(traffic), *_counting(standing)),
    ]
    return sorted(found, key=lambda trouble: not trouble.is_grave)


def sentence(found: Sequence[Trouble], standing: Standing) -> str:
    if found:
        return found[0].sentence
    waiting = standing.waiting.due + standing.waiting.claimed
    at_work = f"{len(standing.living)} consumer{'s' if len(standing.living) != 1 else ''} at work"
    return f"The hub is healthy: {at_work}, {waiting:,} on their way, none overdue."


def _delivering(standing: Standing) -> Iterator[Trouble]:
    if not standing.living:
        yield Trouble(
            "No consumer is alive, so nothing is delivered. Start one: manage.py run_consumer.", "consumers", True
        )
    elif reason := stalled(standing.now):
        yield Trouble(f"{reason} Look at the consumers' log, and restart them.", "consumers", True)
    if standing.due_for > OVERDUE:
        yield Trouble(
            f"Deliveries are overdue, the oldest for {ago(standing.due_for)}.", "overdue", not standing.living
        )


def _refusing(reached: Reached | None) -> Iterator[Trouble]:
    if reached:
        yield Trouble(f"Publishes are refused. {reached.detail}", "storage", True)


def _subscribers(standing: Standing) -> Iterator[Trouble]:
    asked = [each for each in standing.breakers if each.cause == "throttled"]
    failing = [each for each in standing.breakers if each.cause != "throttled"]
    for breakers, why in ((failing, "it keeps failing"), (asked, "it asked to wait")):
        if len(breakers) == 1:
            yield Trouble(f"{breakers[0].subscriber} is left alone: {why}.", str(breakers[0].pk))
        elif breakers:
            yield Trouble(f"{len(breakers)} subscribers are left alone, each since {why}.", "breakers")
    broken = {line.subscriber_id for line in standing.lines if line.reason == "broken"}
    if broken:
        place = str(*broken) if len(broken) == 1 else "held"
        whose = "one subscriber does" if len(broken) == 1 else f"{len(broken)} subscribers do"
        yield Trouble(f"The filter of {whose} not compile: what comes for it is held.", place)
    if standing.died_lately:
        were = _deliveries(standing.died_lately, DEAD_LOOKED_AT, "was", "were")
        yield Trouble(f"{were} given up in the last hour.", "dead")


def _failing(traffic: Traffic) -> Iterator[Trouble]:
    share = traffic.total.success_share
    if share is not None and traffic.total.tries >= TRIES and share < SHARE:
        yield Trouble(f"{1 - share:.0%} of the tries since {traffic.since:%H:%M} UTC failed.", "failures", share < 0.5)


def _counting(standing: Standing) -> Iterator[Trouble]:
    behind = standing.now - standing.counted_until
    if behind > BEHIND:
        yield Trouble(f"The charts are {ago(behind)} behind: a consumer counts, once one is free to.", "consumers")


def _deliveries(number: int, limit: int, one: str, many: str) -> str:
    return f"1 delivery {one}" if number == 1 else f"{counted(number, limit)} deliveries {many}"
