"""Tasks that one process at a time may do."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dispatch.ledger.recovering import FAR, FUTURE_MARGIN
from dispatch.models import Lease


def acquire(name: str, owner: UUID, duration: timedelta, longest: timedelta | None = None) -> bool:
    """Takes or renews the lease; False while another owner has it, for `longest` at most (or else `duration`).

    One that ends much later was written by a clock that was wrong, and is none.
    """
    now = timezone.now()
    farthest = now + (longest or duration) + FUTURE_MARGIN
    free = Lease.objects.filter(Q(owner=owner) | Q(until__lt=now) | Q(until__gt=farthest), name=name)
    if free.update(owner=owner, until=now + duration):
        return True
    try:
        with transaction.atomic():
            _, is_new = Lease.objects.get_or_create(name=name, defaults={"owner": owner, "until": now + duration})
    except IntegrityError:
        return False
    return is_new


def leases_of_the_future(now: datetime) -> QuerySet[Lease]:
    """Those that end later than any lease of this time could."""
    return Lease.objects.filter(until__gt=now + FAR)


def take_over(name: str, owner: UUID, duration: timedelta) -> None:
    """Takes the lease, whoever has it: that one is refused when it next renews it."""
    Lease.objects.update_or_create(name=name, defaults={"owner": owner, "until": timezone.now() + duration})


def give_up(name: str, owner: UUID) -> None:
    """Lets another process take the lease at once."""
    Lease.objects.filter(name=name, owner=owner).delete()
