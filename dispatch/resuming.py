"""Ends a pause, and settles what waits for subscribers that will not have it: nothing vanishes without a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from dispatch.ledger.backlog import cancel_waiting, count_held, count_waiting, discard_waiting
from dispatch.models.delivery import HELD_REASONS
from subscribers.querysets import SubscriberQuerySet

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is held for a subscriber, by reason and up to COUNTED each, and since when the oldest is."""

    counts: dict[str, int]
    since: datetime | None

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def told(self) -> str:
        """Such as 1,204, or 10,000+ where they are not counted further."""
        is_more = any(count > COUNTED for count in self.counts.values())
        return f"{min(self.count, COUNTED):,}+" if is_more else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Resumed:
    """How many subscribers are active again, and how many deliveries that waited were discarded."""

    subscribers: int
    discarded: int = 0


def backlog(subscriber_id: int) -> Backlog:
    found = {reason: count_held(subscriber_id, reason, COUNTED + 1) for reason in HELD_REASONS}
    counts = {str(reason): count for reason, (count, _) in found.items() if count}
    return Backlog(counts, min((since for _, since in found.values() if since), default=None))


def waiting(subscriber_ids: Sequence[int]) -> str:
    """How many deliveries are not settled, in words; beyond COUNTED that there are more."""
    count = count_waiting(subscriber_ids, COUNTED + 1) if subscriber_ids else 0
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def resume(
    subscribers: SubscriberQuerySet, *, discard: bool = False, rate_limit_per_second: float | None = None
) -> Resumed:
    """Makes the paused ones active. What is held is released by the reconciler within seconds, or discarded here with
    all else that waits, retries included.

    It is discarded before they are active, so that none of it is sent. What comes meanwhile is sent. A rate limit that
    is given becomes their own in the same change, so that nothing is sent faster.
    """
    now = timezone.now()
    paused = list(subscribers.paused().values_list("pk", flat=True))
    discarded = sum(sum(discard_waiting(subscriber_id, now)) for subscriber_id in paused) if discard else 0
    limits = {} if rate_limit_per_second is None else {"rate_limit_per_second": rate_limit_per_second}
    return Resumed(subscribers.filter(pk__in=paused).resume(**limits), discarded)


def settle_deleted(subscriber_ids: Sequence[int]) -> int:
    """Cancels what waits for subscribers that were deleted; returns how many."""
    now = timezone.now()
    return sum(sum(cancel_waiting(subscriber_id, now)) for subscriber_id in subscriber_ids)
