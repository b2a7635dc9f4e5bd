"""What the commands' arguments have in common: times, rates, subscribers by name or id, and who it is that asks."""

from argparse import ArgumentTypeError
from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone

from dispatch.moments import moment
from dispatch.replays.requesting import MAX_RATE, MIN_RATE
from subscribers.acting import operator
from subscribers.models import Subscriber

__all__ = ["as_moment", "operator", "positive_rate", "subscriber_called"]


def as_moment(text: str) -> datetime:
    try:
        return moment(text, timezone.now())
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def positive_rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not MIN_RATE <= rate <= MAX_RATE:
        raise ArgumentTypeError(f"{text!r} is no rate: a number a second, between {MIN_RATE:g} and {MAX_RATE:,.0f}")
    return rate


def subscriber_called(name_or_id: str) -> Subscriber:
    found = Subscriber.objects.all().called(name_or_id)
    if found is None:
        raise CommandError(f"There is no subscriber with the name or id {name_or_id!r}.")
    return found
