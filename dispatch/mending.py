"""Mends rows that hold what the types of their columns forbid, so that one of them stops nobody."""

import logging
from collections import Counter
from datetime import datetime

from django.db import IntegrityError, transaction

from dispatch.ledger.damage import Damage, find_damage, mend
from subscribers.acting import SYSTEM, acting
from subscribers.models import Subscriber
from subscribers.triggers import WATCHED

#: What a subscriber is sent, where to and how, depends on these.
DECISIVE = set(WATCHED.split(", "))

#: Whoever meets what is left after so many passes calls again.
MAX_PASSES = 200

logger = logging.getLogger(__name__)


def mend_damage(now: datetime, *, with_newest: bool = False) -> Counter[str]:
    """Mends what work can meet, and with the newest of what is settled; returns how many rows of which columns.

    A subscriber is paused: its events wait for somebody who knows what belongs there.
    """
    mended: Counter[str] = Counter()
    for _ in range(MAX_PASSES):
        if not sum(_mend(damage, now, mended) for damage in find_damage(with_newest=with_newest)):
            break
    return mended


def _mend(damage: Damage, now: datetime, mended: Counter[str]) -> bool:
    try:
        with transaction.atomic():
            mend(damage, now)
            if damage.model is Subscriber:
                _pause(damage)
    except IntegrityError as error:
        logger.warning("A row of %s cannot be mended: %s", damage, error)
        return False
    mended[str(damage)] += 1
    return True


def _pause(damage: Damage) -> None:
    if DECISIVE.isdisjoint(damage.columns):
        return
    reason = f"Its row was damaged ({', '.join(damage.columns)}): set what belongs there, and resume it."
    with acting(SYSTEM, reason):
        Subscriber.objects.filter(pk=damage.row).pause(reason)
