"""A replay as the consumers carry it out, step by step, but without their pauses."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dispatch.identifiers import first_id_at
from dispatch.models import Delivery, Event, Replay
from dispatch.replays.advancing import advance
from dispatch.replays.requesting import request, wish
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_event


def ask(**criteria: Any) -> Replay:
    return request(wish(**criteria), "tests")


def carry_out(replay: Replay, steps: int = 100) -> Replay:
    """Steps until it is over, or has to wait."""
    while advance(replay.pk):
        steps -= 1
        assert steps, "it does not end"
    replay.refresh_from_db()
    return replay


def replayed(replay: Replay) -> list[Any]:
    """The first deliveries of those that the replay has made."""
    return sorted(Delivery.objects.filter(replay=replay).values_list("replay_of_id", flat=True))


def make_settled(count: int, subscriber: Subscriber, state: str = "dead", **event: Any) -> list[Delivery]:
    return [make_delivery(subscriber, make_event(**event), state=state) for _ in range(count)]


def make_past_event(age: timedelta, **fields: Any) -> Event:
    """An event as if it had been published so long ago: its id holds the time."""
    return make_event(id=_id_at(timezone.now() - age), received_at=-age, **fields)


def make_past_delivery(age: timedelta, subscriber: Subscriber, **fields: Any) -> Delivery:
    event = make_past_event(age)
    return make_delivery(subscriber, event, id=_id_at(timezone.now() - age), created_at=-age, **fields)


_made = 0


def _id_at(moment: datetime) -> Any:
    global _made
    _made += 1
    first = first_id_at(moment)
    return type(first)(int=first.int + (7 << 76) + _made)
