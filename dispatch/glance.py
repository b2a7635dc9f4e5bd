"""The hub at a glance, for a terminal: the last hour from the counters, what waits, who delivers, who fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from dispatch import readiness
from dispatch.ledger.claiming import next_due
from dispatch.models import AttemptCounter, Consumer, DelayCounter, Delivery, EventCounter, Health
from dispatch.models.counter import BUCKET_BOUNDS_MS
from dispatch.models.delivery import WAITING
from dispatch.reconciliation import living_consumers
from subscribers.models import Subscriber

MINUTES = 60
#: Up to so many are counted of each state.
COUNTED = 10_000
#: Consumers, breakers and failures that are listed.
LISTED = 8
ARRIVED = Q(result__startswith="2")


@dataclass(frozen=True, slots=True)
class Failure:
    subscriber: str
    result: str
    count: int


@dataclass(frozen=True, slots=True)
class Glance:
    """Numbers of the last hour, as far as they are counted, which is a little behind."""

    now: datetime
    events: Sequence[int]  # by minute, the oldest first
    deliveries: int
    arrived: int
    failed: int
    p50_ms: float | None
    p99_ms: float | None
    waiting: Mapping[str, int]
    due_for: timedelta
    consumers: Sequence[Consumer]
    breakers: Sequence[Health]
    paused: int
    failures: Sequence[Failure]
    troubles: Sequence[str]


def glance(now: datetime) -> Glance:
    """Costs the same however long the ledger is. Raises DatabaseError."""
    since = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    due_at = next_due()
    tried = AttemptCounter.objects.filter(minute__gte=since)
    counts = tried.aggregate(all=Sum("count", default=0), arrived=Sum("count", filter=ARRIVED, default=0))
    delays = _delays(since)
    published = EventCounter.objects.filter(minute__gte=since)
    consumers = list(Consumer.objects.filter(pk__in=living_consumers(now)).order_by("pk")[:LISTED])
    return Glance(
        now=now,
        events=_by_minute(since),
        deliveries=published.aggregate(all=Sum("deliveries", default=0))["all"],
        arrived=counts["arrived"],
        failed=counts["all"] - counts["arrived"],
        p50_ms=_within_ms(delays, 0.5),
        p99_ms=_within_ms(delays, 0.99),
        waiting={state.value: Delivery.objects.filter(state=state)[: COUNTED + 1].count() for state in WAITING},
        due_for=max(now - due_at, timedelta()) if due_at else timedelta(),
        consumers=consumers,
        breakers=list(Health.objects.exclude(breaker="closed").select_related("subscriber")[:LISTED]),
        paused=Subscriber.objects.paused().count(),
        failures=_failures(since),
        troubles=list(_troubles(now, consumers)),
    )


def _by_minute(since: datetime) -> list[int]:
    rows = EventCounter.objects.filter(minute__gte=since).order_by().values_list("minute").annotate(Sum("events"))
    found = dict(rows)
    return [found.get(since + timedelta(minutes=each), 0) for each in range(MINUTES)]


def _delays(since: datetime) -> dict[int, int]:
    rows = DelayCounter.objects.filter(minute__gte=since).order_by().values_list("bucket").annotate(Sum("count"))
    return dict(rows)


def _within_ms(delays: Mapping[int, int], share: float) -> float | None:
    """The bound below which that share arrived; infinite above the highest, None without any."""
    wanted, below = share * sum(delays.values()), 0
    for bucket, bound in enumerate((*BUCKET_BOUNDS_MS, float("inf"))):
        below += delays.get(bucket, 0)
        if below and below >= wanted:
            return bound
    return None


def _failures(since: datetime) -> list[Failure]:
    rows = (
        AttemptCounter.objects.filter(minute__gte=since)
        .exclude(ARRIVED)
        .order_by()
        .values_list("subscriber", "result")
        .annotate(total=Sum("count"))
        .order_by("-total")[:LISTED]
    )
    found = list(rows)
    names = Subscriber.objects.in_bulk({subscriber_id for subscriber_id, _, _ in found})
    return [Failure(str(names[each]), result, total) for each, result, total in found if each in names]


def _troubles(now: datetime, consumers: Sequence[Consumer]) -> list[str]:
    if not consumers:
        return ["No consumer is alive, so nothing is delivered. Start one: manage.py run_consumer."]
    stalled = readiness.stalled(now)
    return [stalled] if stalled else []
