"""What is wrong with the hub, in words: the ledger compared with the queue, and with itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from dispatch import readiness
from dispatch.judging import repaired_filters
from dispatch.ledger import examining
from dispatch.models import Consumer
from dispatch.queues.base import Queue, QueueUnavailableError
from dispatch.reconciliation import (
    BROKER_MARGIN,
    HEARTBEAT_STALE,
    PUSH_GRACE,
    Findings,
    forget_stale_consumers,
    living_consumers,
    reconcile,
)
from subscribers.filters import FilterError, compile_filter
from subscribers.models import Subscriber

REPAIR = "The reconciler does it within seconds, --repair at once."
#: A repair takes chunk after chunk; a pass that ends early is followed by another.
PASS_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong: how much of it (None: there is no more or less of it), what it is, and what to do."""

    count: int | None
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what}. {self.advice}" if self.count is None else f"{self.count:,} {self.what}. {self.advice}"


def examine(queue: Queue) -> list[Trouble]:
    """All that is wrong, the most basic first; without its database, nothing more is known of a hub."""
    try:
        if unapplied := _unapplied_migrations():
            return [Trouble(unapplied, "migrations are not applied", "Run manage.py migrate.")]
        now = timezone.now()
        found = [*_consumers(now), *_queue(queue, now), *_claims(now), *_waiting(), *_rows(now)]
    except (DatabaseError, InterfaceError) as error:
        reason = str(error).strip().splitlines()[0]
        return [
            Trouble(None, f"The database does not answer: {reason}", "See DATABASE_URL or SWITCH_DB_… and its log.")
        ]
    return [trouble for trouble in found if trouble.count != 0]


def repair(queue: Queue) -> Findings:
    """Does at once what the reconciler would, until nothing is left of it; returns what was done in all.

    Raises DatabaseError or QueueUnavailableError if either does not answer.
    """
    total = findings = reconcile(queue, PASS_SECONDS)
    while findings != Findings():
        findings = reconcile(queue, PASS_SECONDS)
        total += findings
    forget_stale_consumers(timezone.now())
    return total


def _unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _consumers(now: datetime) -> Iterator[Trouble]:
    living = len(living_consumers(now))
    if not living:
        yield Trouble(None, "No consumer is alive", "Start one: manage.py run_consumer.")
    elif stalled := readiness.stalled(now):
        yield Trouble(None, stalled.rstrip("."), "Look at the consumers' log; restart them.")
    yield Trouble(
        Consumer.objects.filter(beat_at__lt=now - HEARTBEAT_STALE).count(),
        "consumers ended without a word, or hang",
        "Their log tells why. What they had claimed is recovered by another; --repair forgets them.",
    )


def _queue(queue: Queue, now: datetime) -> Iterator[Trouble]:
    if queue.is_embedded:
        standing = examining.standing_fan_outs(now - readiness.OVERDUE, now - readiness.OVERDUE)
        yield Trouble(standing, "wide events wait for their deliveries to be written", "A consumer has to run.")
        return
    try:
        oldest = timedelta(seconds=queue.depth().oldest_waiting_seconds)
    except QueueUnavailableError as error:
        yield Trouble(
            None, f"Faktory does not answer: {error}", "Events are accepted, and wait in the database for it."
        )
        return
    lost = examining.lost_jobs(now - oldest - BROKER_MARGIN, now)
    standing = examining.standing_fan_outs(now - PUSH_GRACE, now - oldest - PUSH_GRACE)
    yield Trouble(examining.unqueued(now - PUSH_GRACE), "deliveries wait and are in no queue", f"To push. {REPAIR}")
    yield Trouble(lost, "deliveries wait for a job that Faktory has lost", f"To push again. {REPAIR}")
    yield Trouble(standing, "wide events are half written, and no job goes on with them", f"To push. {REPAIR}")


def _claims(now: datetime) -> Iterator[Trouble]:
    dead = examining.claims_of_the_dead(now, living_consumers(now))
    yield Trouble(dead, "deliveries are claimed by consumers that are dead", f"To make due again. {REPAIR}")
    yield Trouble(
        examining.claims_of_the_future(now),
        "claims end more than an hour from now",
        "The clock of a consumer is ahead, or this one is behind: set them by NTP.",
    )


def _waiting() -> Iterator[Trouble]:
    resumed = examining.held_though_active() + examining.held_as_broken(list(repaired_filters()))
    yield Trouble(resumed, "deliveries are held for a reason that has ended", f"To release. {REPAIR}")
    yield Trouble(examining.waiting_for_deleted(), "deliveries wait for deleted subscribers", f"To cancel. {REPAIR}")


def _rows(now: datetime) -> Iterator[Trouble]:
    yield Trouble(
        sum(map(_is_broken, Subscriber.objects.existing().values_list("filter_expression", flat=True).iterator())),
        "subscribers have a filter that does not compile",
        "Their events are held. The admin shows them; mend the filter there.",
    )
    scope = f"(of the newest {examining.NEWEST:,} of the last day)"
    yield Trouble(
        examining.miscounted_events(now),
        f"events {scope} have more or fewer deliveries than subscribers matched",
        "Somebody wrote or deleted rows by hand, or this is a fault: please report it.",
    )
    yield Trouble(
        examining.delivered_untried(),
        f"deliveries (of the newest {examining.NEWEST:,} delivered) were never tried",
        "Somebody changed their state by hand, or this is a fault: please report it.",
    )


def _is_broken(expression: str) -> bool:
    try:
        compile_filter(expression)
    except FilterError:
        return True
    return False
