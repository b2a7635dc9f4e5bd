"""How the hub stands now: what waits and since when, who is left alone, what is dead, who delivers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.dashboard.stretches import LAG
from dispatch.ledger import standing as ledger
from dispatch.ledger.standing import Dead, Line, Waiting
from dispatch.ledger.volumes import counted_until
from dispatch.models import Consumer, Health, Lease
from dispatch.overdue import due_since
from dispatch.reconciliation import HEARTBEAT_STALE

#: Up to so many are counted.
COUNTED = 10_000
DEAD_LOOKED_AT = 1_000
#: Consumers and breakers that are listed.
LISTED = 50


@dataclass
class Group:
    """Dead deliveries of one subscriber with one status or kind of error: how many, the first and last to die, the
    newest of them."""

    subscriber_id: int
    result: str
    reason: str
    count: int
    first: datetime
    last: datetime
    newest: UUID


@dataclass(frozen=True)
class Worker:
    """A consumer, whether it lives, and what it does for all: the names of its leases."""

    consumer: Consumer
    lives: bool
    tasks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Standing:
    now: datetime
    waiting: Waiting
    due_since: datetime | None
    lines: list[Line]
    dead: list[Dead]
    workers: list[Worker]
    breakers: list[Health]
    counted_until: datetime

    @property
    def living(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.lives]

    @property
    def due_for(self) -> timedelta:
        return self.now - self.due_since if self.due_since else timedelta()

    @property
    def died_lately(self) -> int:
        return sum(each.settled_at > self.now - timedelta(hours=1) for each in self.dead)


def standing(now: datetime) -> Standing:
    return Standing(
        now,
        ledger.waiting(now, COUNTED),
        due_since(now),
        ledger.held_lines(),
        ledger.newest_dead(DEAD_LOOKED_AT),
        _workers(now),
        list(Health.objects.exclude(breaker="closed").select_related("subscriber").order_by("failing_since")[:LISTED]),
        counted_until(now, LAG),
    )


def groups(dead: Iterable[Dead]) -> list[Group]:
    """By subscriber, status or kind of error, and reason; the largest first. The dead come newest first."""
    found: dict[tuple[int, str, str], Group] = {}
    for each in dead:
        key = (each.subscriber_id, each.result, each.reason)
        group = found.setdefault(key, Group(*key, 0, each.settled_at, each.settled_at, each.id))
        group.count += 1
        group.first, group.last = min(group.first, each.settled_at), max(group.last, each.settled_at)
    return sorted(found.values(), key=lambda group: -group.count)


def _workers(now: datetime) -> list[Worker]:
    tasks: dict[UUID, list[str]] = {}
    for name, owner in Lease.objects.filter(until__gte=now).values_list("name", "owner"):
        tasks.setdefault(owner, []).append(name)
    consumers = Consumer.objects.order_by("-beat_at")[:LISTED]
    return [Worker(each, each.beat_at > now - HEARTBEAT_STALE, sorted(tasks.get(each.pk, []))) for each in consumers]
