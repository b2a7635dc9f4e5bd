"""Fills an empty hub with the demo: its subscribers, what befell them, and their day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from dispatch.demo.cast import LISTENERS, Listener
from dispatch.demo.day import DAY, Day, count
from dispatch.models import Event
from dispatch.replays.requesting import request, wish
from dispatch.resuming import settle_deleted
from subscribers import filter_errors, matching
from subscribers.acting import acting
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet
from subscribers.secrets import new_shared_secret

#: The same demo each time.
SEED = 20
#: The subscribers were there before their day.
OLDER = DAY + timedelta(days=9)
TRIES = 4
PEOPLE = ("ann", "ben", "eve")
SIGNED = ("billing", "ledger")
BAD = 'data["body"]["seconds"] => 60'


class NotEmptyError(Exception):
    """The database holds subscribers or events already."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What somebody did to a subscriber so long ago."""

    ago: timedelta
    name: str
    who: str
    act: Callable[[SubscriberQuerySet], object]


HAPPENINGS = (
    Happening(timedelta(hours=12), "retired", "ann", lambda subscribers: subscribers.delete()),
    Happening(timedelta(hours=6), "heatmap", "eve", lambda subscribers: subscribers.pause("It moves to another host.")),
    # The form would refuse it.
    Happening(timedelta(hours=3), "recommender", "ben", lambda subscribers: subscribers.update(filter_expression=BAD)),
)


def fill(tell: Callable[[str, int, int], None], span: timedelta = DAY) -> Day:
    """`tell` hears how far it is. Raises NotEmptyError; what is there is never touched."""
    if Subscriber.objects.exists() or Event.objects.exists():
        raise NotEmptyError("The database holds subscribers or events already; the demo wants an empty one.")
    day = Day(timezone.now(), Random(SEED), span)  # noqa: S311 - a play needs no cryptographic randomness
    _subscribe(day.now)
    coming = list(HAPPENINGS)
    for minute in day.minutes():
        while coming and coming[0].ago >= day.now - minute:
            _happen(coming.pop(0), day.now)
        done = span - max(day.now - minute, timedelta())
        tell(f"{day.events:,} events, {day.attempts:,} attempts", int(done.total_seconds()), int(span.total_seconds()))
    filter_errors.write()
    count()
    _ask_for_a_replay(day.now)
    matching.refresh()
    return day


def _subscribe(now: datetime) -> None:
    random = Random(SEED)  # noqa: S311 - likewise
    for listener in LISTENERS:
        with acting(random.choice(PEOPLE), "manage.py demo"):
            _make(listener)
    for who, sign in (("ben", ">="), ("ann", ">")):
        with acting(who):
            changed = {"filter_expression": f'data["body"]["total"] {sign} 100', "max_in_flight": 40}
            Subscriber.objects.filter(name="billing").update(**changed)
    # All of that was days ago. Times are no concern of matching.
    for place, record in enumerate(Subscriber.history.order_by("history_id")):
        _date(record, now - OLDER + place * timedelta(hours=3))
    Subscriber.objects.update(created_at=now - OLDER)


def _make(listener: Listener) -> None:
    made = Subscriber(
        name=listener.name,
        topic=listener.topic,
        target_url=listener.target_url,
        filter_expression=listener.filter_expression,
        secret=new_shared_secret() if listener.name in SIGNED else "",
        **{"state": "active", "retry_limit": TRIES, "body_format": "plain", **listener.fields},
    )
    made.full_clean()
    made.save()


def _happen(happening: Happening, now: datetime) -> None:
    subscribers = Subscriber.objects.filter(name=happening.name)
    with acting(happening.who):
        happening.act(subscribers)
    settle_deleted(list(subscribers.exclude(deleted_at=None).values_list("pk", flat=True)))
    _date(Subscriber.history.filter(name=happening.name).latest("history_id"), now - happening.ago)


def _date(record: Any, moment: datetime) -> None:
    """Moves a change, and so the newest state of its subscriber, to a moment of the past."""
    Subscriber.history.filter(pk=record.pk).update(history_date=moment)
    Subscriber.objects.filter(pk=record.id).update(updated_at=moment)


def _ask_for_a_replay(now: datetime) -> None:
    subscriber = Subscriber.objects.get(name="carrier-dhl")
    request(wish(subscriber=subscriber, state="dead", since=now - timedelta(hours=3), rate_per_second=0.2), "ann")
