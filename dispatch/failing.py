"""Pauses subscribers that are gone or have taken nothing for days, and lets those that are paused begin anew."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from dispatch.about import about
from dispatch.breaker import NOT_ITS_FAULT
from dispatch.models import AttemptCounter, Health
from subscribers.acting import SYSTEM, acting
from subscribers.models import Subscriber

#: What a row says of a subscriber of which nothing is known.
UNKNOWN = {
    "breaker": "closed",
    "cause": "",
    "open_until": None,
    "opened_in_a_row": 0,
    "failures_in_a_row": 0,
    "window_started_at": None,
    "window_failures": 0,
    "window_tries": 0,
    "failing_since": None,
}

#: Why the hub pauses a subscriber, in its reason: an answer 410, or days of failures.
GONE = "It answered 410 Gone."
TAKEN_NOTHING = "It has taken nothing since "

logger = logging.getLogger(__name__)


def pause_gone(subscribers: Collection[int]) -> None:
    """Pauses those that answered 410, in the caller's transaction; the log tells of it once that is committed."""
    if not subscribers:
        return
    with acting(SYSTEM, GONE):
        paused = Subscriber.objects.filter(pk__in=subscribers).pause(GONE)
    if paused:
        told = "1 subscriber was paused: it" if paused == 1 else f"{paused:,} subscribers were paused: they"
        transaction.on_commit(lambda: logger.info("%s answered 410 Gone.", told))


def pause_failing(now: datetime) -> int:
    """Pauses those that have failed for longer than the setting allows; returns how many."""
    days: float = settings.SWITCH_PAUSE_AFTER_DAYS
    if not days:
        return 0
    span = timedelta(days=days)
    failing = Health.objects.filter(failing_since__lt=now - span, subscriber__in=Subscriber.objects.active())
    # One that failed once, and was sent nothing since, has not failed for days.
    still = failing.filter(Exists(_tries_since(OuterRef("failing_since") + span)))
    return sum(_pause(each.subscriber_id, each.failing_since, days) for each in still)


def _tries_since(moment: Combinable) -> QuerySet[AttemptCounter]:
    """Counts of tries that say something of the subscriber: with none that it took, they have failed."""
    tries = AttemptCounter.objects.exclude(result__in=NOT_ITS_FAULT)
    return tries.filter(subscriber=OuterRef("subscriber"), minute__gte=ExpressionWrapper(moment, DateTimeField()))


def _pause(subscriber_id: int, since: datetime | None, days: float) -> int:
    reason = f"{TAKEN_NOTHING}{since:%Y-%m-%d %H:%M} UTC, for more than {days:g} days."
    with acting(SYSTEM, reason):
        paused = Subscriber.objects.filter(pk=subscriber_id).pause(reason)
    logger.warning("Subscriber %d is paused. %s", subscriber_id, reason, extra=about(subscriber_id=subscriber_id))
    return paused


def forget_paused() -> int:
    """What is known of one that is paused is out of date once it is resumed, by whomever: it begins anew."""
    is_known = Q(failing_since__isnull=False) | ~Q(breaker="closed") | Q(window_started_at__isnull=False)
    paused = Health.objects.filter(is_known, subscriber__in=Subscriber.objects.paused())
    return paused.update(**UNKNOWN)
