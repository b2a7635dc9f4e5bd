"""Pauses subscribers that have taken nothing for days, and lets those that are paused begin anew."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from dispatch.models import Health
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

logger = logging.getLogger(__name__)


def pause_failing(now: datetime) -> int:
    """Pauses those that have failed for longer than the setting allows; returns how many."""
    days: float = settings.SWITCH_PAUSE_AFTER_DAYS
    if not days:
        return 0
    failing = Health.objects.filter(
        failing_since__lt=now - timedelta(days=days),
        subscriber__in=Subscriber.objects.active(),
    )
    return sum(_pause(each.subscriber_id, each.failing_since, days) for each in failing)


def _pause(subscriber_id: int, since: datetime | None, days: float) -> int:
    reason = f"It has taken nothing since {since:%Y-%m-%d %H:%M} UTC, for more than {days:g} days."
    paused = Subscriber.objects.filter(pk=subscriber_id).pause(reason)
    logger.warning("Subscriber %d is paused. %s", subscriber_id, reason)
    return paused


def forget_paused() -> int:
    """What is known of one that is paused is out of date once it is resumed, by whomever: it begins anew."""
    is_known = Q(failing_since__isnull=False) | ~Q(breaker="closed") | Q(window_started_at__isnull=False)
    paused = Health.objects.filter(is_known, subscriber__in=Subscriber.objects.paused())
    return paused.update(**UNKNOWN)
