"""Notes in the health rows how subscribers do that fail, or did; those of which nothing is to be said cost nothing."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from dispatch.about import about
from dispatch.breaker import Breaker, Condition, Sign, Tally, sign_of
from dispatch.consumer.flow import Flow
from dispatch.consumer.mending import Mender
from dispatch.consumer.settlements import Settled
from dispatch.ledger import health
from dispatch.verdicts import Act

logger = logging.getLogger(__name__)


class Watch:
    """Used by the thread that records."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        #: Those whose row says something, as far as this process knows.
        self._watched: set[int] = set()
        self._mender = Mender()

    def note(self, batch: Sequence[Settled]) -> None:
        """Tells of each subscriber what its tries say; leaves alone those whose breaker opens."""
        now = timezone.now()
        tallies = self._tallies(batch, now)
        if not tallies:
            return
        try:
            noted = health.note(tallies, now)
        except (DatabaseError, InterfaceError) as error:
            # The next tries tell it again.
            logger.warning("Could not note how %d subscribers do: %s", len(tallies), error)
            return
        except Exception as fault:  # the border around damaged rows
            if not self._mender.mends(fault):
                raise
            return
        for subscriber_id, (before, after) in noted.items():
            self._heed(subscriber_id, before, after)

    def _tallies(self, batch: Sequence[Settled], now: datetime) -> dict[int, Tally]:
        tallies: dict[int, Tally] = {}
        watched: set[int] = set()
        for done in batch:
            subscriber = done.work.subscriber
            if done.work.started_at is None and not done.work.is_probe:
                continue
            add(tallies.setdefault(subscriber.id, Tally()), done, now)
            if subscriber.is_watched or subscriber.id in self._watched:
                watched.add(subscriber.id)
        return {key: tally for key, tally in tallies.items() if key in watched or not tally.is_all_well}

    def _heed(self, subscriber_id: int, before: Condition, after: Condition) -> None:
        (self._watched.discard if after == Condition() else self._watched.add)(subscriber_id)
        is_news = after.breaker != before.breaker
        if after.breaker == Breaker.OPEN:
            # Also where another process opened it: what waits here would be tried in vain, one by one.
            self.flow.shut_off.append((subscriber_id, "throttled" if after.cause == "throttled" else "breaker"))
            if is_news:
                logger.info(
                    "Subscriber %d is left alone until %s: %s.",
                    subscriber_id,
                    after.open_until,
                    _why(after),
                    extra=about(subscriber_id=subscriber_id),
                )
        elif after.breaker == Breaker.CLOSED and is_news:
            logger.info("Subscriber %d is sent to again.", subscriber_id, extra=about(subscriber_id=subscriber_id))


def add(tally: Tally, done: Settled, now: datetime) -> None:
    """Adds what one try says. Its verdict knows whether the subscriber asked to wait."""
    work = done.work
    if work.outcome is None:
        tally.add(Sign.NONE, is_probe=work.is_probe)
    elif done.verdict.act is Act.DEFER:
        tally.add(Sign.UP, is_probe=work.is_probe, throttled_until=now + done.verdict.asked)
    else:
        tally.add(sign_of(work.outcome), is_probe=work.is_probe)


def _why(condition: Condition) -> str:
    return "it asked to wait" if condition.cause == "throttled" else "it keeps failing"
