"""Finds the place in the ledger at which a time begins, where no index knows the time."""

from datetime import datetime, timedelta

from dispatch.models import Attempt

#: Attempts are written when they are over, and in the order in which consumers get to it.
DISORDER = timedelta(minutes=10)


def attempt_ids_between(begin: datetime, end: datetime) -> tuple[int, int]:
    """A range of ids that holds all attempts that began in this time, and a few from around it."""
    return _first_since(begin - DISORDER), _first_since(end + DISORDER)


def _first_since(moment: datetime) -> int:
    """The id of the first attempt since `moment`, by halving: some thirty looks into the index of the ids."""
    ids = Attempt.objects.order_by("pk").values_list("pk", "started_at")
    newest = ids.reverse().first()
    low, high = 0, newest[0] + 1 if newest else 0
    while low < high:
        middle = (low + high) // 2
        found = ids.filter(pk__gte=middle).first()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return low
