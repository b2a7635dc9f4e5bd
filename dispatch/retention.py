"""How long the ledger keeps what is settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from dispatch.models import Delivery


@dataclass(frozen=True, slots=True)
class Retention:
    """Moments before which rows are past their time; None: they are kept for ever.

    An event goes once none of its deliveries is left and it was received before `delivered`; so do a replay and
    an alert that ended before it, and the counters of the minutes before it. What waits (pending, claimed, held) is
    kept, however old.
    """

    delivered: datetime | None
    dead: datetime | None

    @classmethod
    def at(cls, now: datetime) -> Retention:
        """As the settings have it."""
        return cls(_before(now, settings.SWITCH_KEEP_DELIVERED_DAYS), _before(now, settings.SWITCH_KEEP_DEAD_DAYS))

    @property
    def by_state(self) -> dict[Delivery.State, datetime | None]:
        return {
            Delivery.State.DELIVERED: self.delivered,
            Delivery.State.DEAD: self.dead,
            Delivery.State.CANCELLED: self.dead,
        }


def _before(now: datetime, days: int) -> datetime | None:
    return now - timedelta(days=days) if days else None
