"""What the ledger holds, how much room that takes, and what retention will remove next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from dispatch.ledger.removable import oldest_event, oldest_settled, removable_deliveries, removable_events
from dispatch.ledger.size import (
    COUNTED,
    TableSize,
    database_bytes,
    free_disk_bytes,
    reusable_bytes,
    table_sizes,
)
from dispatch.models import Lease
from dispatch.pruning import PRUNER
from dispatch.retention import Retention


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of one kind and their retention.

    `days` is 0 where they are kept for ever. `removable` are past their time, counted among the oldest COUNTED rows;
    `next_at` is when about the next one will be, None where another kind's row decides.
    """

    kind: str  # a state of deliveries, or `events`
    days: int
    oldest: datetime | None
    removable: int
    next_at: datetime | None

    @property
    def is_more(self) -> bool:
        """Whether more than `removable` may be past their time."""
        return self.removable >= COUNTED


@dataclass(frozen=True, slots=True)
class Storage:
    tables: list[TableSize]
    database_bytes: int
    reusable_bytes: int | None  # free inside of SQLite's file
    free_disk_bytes: int | None  # on the disk of SQLite's file
    oldest_event: datetime | None
    kept: list[Kept]
    pruned_at: datetime | None  # when a consumer next looks; None if none is about to


def storage() -> Storage:
    """Costs the same however long the tables are."""
    now = timezone.now()
    return Storage(
        tables=table_sizes(),
        database_bytes=database_bytes(),
        reusable_bytes=reusable_bytes(),
        free_disk_bytes=free_disk_bytes(),
        oldest_event=oldest_event(),
        kept=list(_kept(now)),
        pruned_at=Lease.objects.filter(name=PRUNER, until__gte=now).values_list("until", flat=True).first(),
    )


def _kept(now: datetime) -> Iterator[Kept]:
    retention = Retention.at(now)
    for state, before in retention.by_state.items():
        oldest = oldest_settled(state.value)
        days = settings.SWITCH_KEEP_DELIVERED_DAYS if state == "delivered" else settings.SWITCH_KEEP_DEAD_DAYS
        removable = removable_deliveries(state.value, before, now, COUNTED)[0] if before else 0
        next_at = oldest + (now - before) if oldest and before else None
        yield Kept(state.value, days, oldest, removable, next_at)
    removable = removable_events(retention, now, COUNTED)
    yield Kept("events", settings.SWITCH_KEEP_DELIVERED_DAYS, oldest_event(), removable, None)
