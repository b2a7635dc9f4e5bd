"""What an alert says, in words that need no other page at three in the morning: what is so, and what to do."""

from collections.abc import Sequence
from datetime import datetime

from subscribers.models import Subscriber

#: Subscribers that a sentence names.
NAMED = 3


def failing(subscriber: Subscriber, since: datetime, is_left_alone: bool) -> str:
    then = "it is left alone but for a probe now and then" if is_left_alone else "each is tried again by itself"
    return (
        f"Subscriber {_called(subscriber)} has failed every request since {_moment(since)}. "
        f"Its events are kept, and {then}. Tell those who run it; the failures are on its page."
    )


def paused(subscriber: Subscriber) -> str:
    return (
        f"The hub has paused subscriber {_called(subscriber)}: {subscriber.state_reason} "
        "Its events are held, and nothing is sent to it until somebody resumes it. "
        "Resume it once it works again, or delete it if it is gone for good."
    )


def backlog(due_at: datetime) -> str:
    return (
        f"Deliveries are late: the oldest is due since {_moment(due_at)}. Nothing is lost. Start more consumers, or "
        "look why those that run are slow: manage.py doctor tells."
    )


def dead(count: int, limit: int, names: Sequence[str], since: datetime) -> str:
    number = f"{limit:,} or more deliveries were" if count >= limit else _counted(count)
    named = ", ".join(_short(name) for name in names[:NAMED])
    more = f" and {len(names) - NAMED} more subscribers" if len(names) > NAMED else ""
    return (
        f"{number} given up since {_moment(since)}, for {named}{more}. They are kept and not sent again by themselves: "
        "mend what refused them, then replay them."
    )


def stalled(reason: str) -> str:
    return f"{reason} Events are accepted and kept, but hardly delivered. Look at the consumers' log, and restart them."


def _counted(count: int) -> str:
    return "1 delivery was" if count == 1 else f"{count:,} deliveries were"


def _called(subscriber: Subscriber) -> str:
    return f"{subscriber.pk}, {_short(str(subscriber))}"


def _short(name: str) -> str:
    return name if len(name) <= 100 else f"{name[:99]}…"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
