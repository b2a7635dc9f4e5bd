"""Tasks that one process at a time may do."""

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from dispatch.models import Lease


def acquire(name: str, owner: UUID, duration: timedelta) -> bool:
    """Takes or renews the lease; False while another owner has it."""
    now = timezone.now()
    free = Lease.objects.filter(Q(owner=owner) | Q(until__lt=now), name=name)
    if free.update(owner=owner, until=now + duration):
        return True
    try:
        with transaction.atomic():
            _, is_new = Lease.objects.get_or_create(name=name, defaults={"owner": owner, "until": now + duration})
    except IntegrityError:
        return False
    return is_new


def take_over(name: str, owner: UUID, duration: timedelta) -> None:
    """Takes the lease, whoever has it: that one is refused when it next renews it."""
    Lease.objects.update_or_create(name=name, defaults={"owner": owner, "until": timezone.now() + duration})


def give_up(name: str, owner: UUID) -> None:
    """Lets another process take the lease at once."""
    Lease.objects.filter(name=name, owner=owner).delete()
