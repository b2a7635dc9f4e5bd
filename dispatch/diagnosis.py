"""What is wrong with the hub, in words: the ledger compared with the queue, and with itself."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from dispatch import backpressure, readiness
from dispatch.judging import repaired_filters
from dispatch.leases import leases_of_the_future
from dispatch.ledger import examining
from dispatch.ledger.damage import find_damage
from dispatch.ledger.health import end_long_pauses, left_alone_for_too_long
from dispatch.ledger.recovering import FUTURE_MARGIN
from dispatch.ledger.releasing import bring_forward, release_held_for_nothing
from dispatch.mending import mend_damage
from dispatch.models import Consumer
from dispatch.overdue import OVERDUE
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
from subscribers.away import HINT, away, refused
from subscribers.filters import FilterError, compile_filter
from subscribers.models import Subscriber

STALLED = "Look at the consumers' log; restart them."
STALLED_ON_FAKTORY = f"If Faktory's queue is paused, resume it on its page Queues. {STALLED}"
CLOCKS = "The clock of a consumer is ahead, or this one is behind: set them by NTP."
REFUSED = "Try again; if it refuses once more, its log tells why, or for SQLite the disk and the rights of the file."
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


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did; its text says it in words."""

    findings: Findings
    forgotten_consumers: int
    freed_leases: int = 0
    asked_again: int = 0
    mended: int = 0

    def __str__(self) -> str:
        done = [str(self.findings)] if self.findings != Findings() else []
        if self.forgotten_consumers:
            kind = "consumer" if self.forgotten_consumers == 1 else "consumers"
            done.append(f"forgot {self.forgotten_consumers:,} {kind}")
        if self.freed_leases:
            done.append(f"freed {self.freed_leases:,} {'lease' if self.freed_leases == 1 else 'leases'}")
        if self.asked_again:
            kind = "subscriber is" if self.asked_again == 1 else "subscribers are"
            done.append(f"{self.asked_again:,} {kind} asked again")
        if self.mended:
            done.append(f"mended {self.mended:,} damaged {'row' if self.mended == 1 else 'rows'}")
        return ", ".join(done) or "nothing"


def examine(queue: Queue) -> list[Trouble]:
    """All that is wrong, the most basic first; without its database, nothing more is known of a hub."""
    try:
        if unapplied := _unapplied_migrations():
            return [
                _some(unapplied, "migration is not applied", "migrations are not applied", "Run manage.py migrate.")
            ]
        now = timezone.now()
        if damaged := [*_damaged()]:
            return damaged  # what else is wrong cannot be told: to read such a row fails
        readiness.try_to_write()
        found = [*_limit(), *_consumers(queue, now), *_queue(queue, now), *_claims(now), *_waiting(now), *_rows(now)]
    except (DatabaseError, InterfaceError) as error:
        told = away()
        return [Trouble(None, (told or refused(error)).removesuffix("."), HINT if told else REFUSED)]
    return [trouble for trouble in found if trouble.count != 0]


def repair(queue: Queue) -> Repaired:
    """Does at once what the reconciler would, until nothing is left of it; returns what was done in all.

    Raises DatabaseError or QueueUnavailableError if either does not answer.
    """
    mended = mend_damage(timezone.now(), with_newest=True).total()
    forgotten = forget_stale_consumers(timezone.now())
    released = 0
    for release in (release_held_for_nothing, bring_forward):
        while count := release(timezone.now()):
            released += count
    asked_again = end_long_pauses(timezone.now())
    freed, _ = leases_of_the_future(timezone.now()).delete()
    total = Findings(released=released)
    while (findings := reconcile(queue, PASS_SECONDS)) != Findings():
        total += findings
    return Repaired(total, forgotten, freed, asked_again, mended)


def _some(count: int, one: str, many: str, advice: str) -> Trouble:
    return Trouble(count, one if count == 1 else many, advice)


def _unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _damaged() -> Iterator[Trouble]:
    damaged = Counter(map(str, find_damage()))
    if damaged:
        rows = ", ".join(f"{count:,} of {what}" for what, count in damaged.items())
        yield _some(
            damaged.total(),
            f"row holds what the type of its column forbids: {rows}",
            f"rows hold what the types of their columns forbid: {rows}",
            "Somebody wrote them by hand, or the file is damaged. A consumer mends what is in its way, --repair all: "
            "it pauses such a subscriber, and gives up a delivery only if nobody can tell what it was.",
        )


def _limit() -> Iterator[Trouble]:
    if reached := backpressure.look():
        what, _, advice = reached.detail.rpartition(". ")
        yield Trouble(None, f"Publishes are refused. {what}", advice)


def _consumers(queue: Queue, now: datetime) -> Iterator[Trouble]:
    living = len(living_consumers(now))
    if not living:
        yield Trouble(None, "No consumer is alive", "Start one: manage.py run_consumer.")
    elif stalled := readiness.stalled(now):
        yield Trouble(None, stalled.rstrip("."), STALLED if queue.is_embedded else STALLED_ON_FAKTORY)
    yield _some(
        Consumer.objects.filter(beat_at__lt=now - HEARTBEAT_STALE).count(),
        "consumer ended without a word, or hangs",
        "consumers ended without a word, or hang",
        "The log tells why. What was claimed is recovered by another; --repair forgets who has ended.",
    )
    yield _some(
        Consumer.objects.filter(beat_at__gt=now + FUTURE_MARGIN).count(),
        "consumer has a heartbeat from the future",
        "consumers have a heartbeat from the future",
        f"{CLOCKS} It does not count as alive; --repair forgets it.",
    )
    yield _some(
        leases_of_the_future(now).count(),
        "lease of a task ends more than an hour from now",
        "leases of tasks end more than an hour from now",
        f"{CLOCKS} The next process that wants the task takes it; --repair frees it.",
    )


def _queue(queue: Queue, now: datetime) -> Iterator[Trouble]:
    if queue.is_embedded:
        standing = examining.standing_fan_outs(now - OVERDUE, now - OVERDUE)
        yield _some(
            standing,
            "wide event waits for its deliveries to be written",
            "wide events wait for their deliveries to be written",
            "A consumer has to run.",
        )
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
    yield _some(
        examining.unqueued(now - PUSH_GRACE),
        "delivery waits and is in no queue",
        "deliveries wait and are in no queue",
        f"To push. {REPAIR}",
    )
    yield _some(
        lost,
        "delivery waits for a job that Faktory has lost",
        "deliveries wait for a job that Faktory has lost",
        f"To push again. {REPAIR}",
    )
    yield _some(
        standing,
        "wide event is half written, and no job goes on with it",
        "wide events are half written, and no job goes on with them",
        f"To push. {REPAIR}",
    )


def _claims(now: datetime) -> Iterator[Trouble]:
    living = living_consumers(now)
    yield _some(
        examining.claims_of_the_dead(now, living),
        "delivery is claimed by a consumer that is dead",
        "deliveries are claimed by consumers that are dead",
        f"To make due again. {REPAIR}",
    )
    yield _some(
        examining.claims_of_the_future(now, living),
        "claim ends more than an hour from now",
        "claims end more than an hour from now",
        CLOCKS,
    )


def _waiting(now: datetime) -> Iterator[Trouble]:
    resumed = examining.held_though_active() + examining.held_as_broken(list(repaired_filters()))
    yield _some(
        resumed,
        "delivery is held for a reason that has ended",
        "deliveries are held for a reason that has ended",
        f"To release. {REPAIR}",
    )
    yield _some(
        examining.held_for_nothing(),
        "delivery is held for a reason that holds nothing",
        "deliveries are held for a reason that holds nothing",
        "Somebody changed rows by hand. --repair releases it.",
    )
    yield _some(
        examining.put_off_too_far(now),
        "delivery is due later than any first try may be",
        "deliveries are due later than any first try may be",
        f"{CLOCKS} --repair makes it due now.",
    )
    yield _some(
        left_alone_for_too_long(now),
        "subscriber is left alone for longer than any pause lasts",
        "subscribers are left alone for longer than any pause lasts",
        f"{CLOCKS} --repair asks again at once.",
    )
    yield _some(
        examining.waiting_for_deleted(),
        "delivery waits for a subscriber that is deleted or missing",
        "deliveries wait for subscribers that are deleted or missing",
        f"To cancel. {REPAIR}",
    )


def _rows(now: datetime) -> Iterator[Trouble]:
    yield _some(
        sum(map(_is_broken, Subscriber.objects.existing().values_list("filter_expression", flat=True).iterator())),
        "subscriber has a filter that does not compile",
        "subscribers have a filter that does not compile",
        "The events are held. The admin shows where; mend the filter there.",
    )
    scope = f"(of the newest {examining.NEWEST:,} of the last day)"
    yield _some(
        examining.miscounted_events(now),
        f"event {scope} has more or fewer deliveries than subscribers matched",
        f"events {scope} have more or fewer deliveries than subscribers matched",
        "Somebody wrote or deleted rows by hand, or this is a fault: please report it.",
    )
    yield _some(
        examining.torn(),
        f"delivery (of the newest {examining.NEWEST:,}) has no event or no subscriber",
        f"deliveries (of the newest {examining.NEWEST:,}) have no event or no subscriber",
        "It is given up and says so. Somebody deleted rows by hand, or a restore was partial: restore a whole backup.",
    )
    yield _some(
        examining.delivered_untried(),
        f"delivery (of the newest {examining.NEWEST:,} delivered) was never tried",
        f"deliveries (of the newest {examining.NEWEST:,} delivered) were never tried",
        "Somebody changed their state by hand, or this is a fault: please report it.",
    )


def _is_broken(expression: str) -> bool:
    try:
        compile_filter(expression)
    except FilterError:
        return True
    return False
