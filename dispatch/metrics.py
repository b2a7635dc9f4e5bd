"""What Prometheus scrapes: the state of the whole hub, from the database; the same whichever web process answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from dispatch.models import Consumer, Delivery, Health, Total
from dispatch.models.counter import BUCKET_BOUNDS_MS
from dispatch.models.delivery import SETTLED, WAITING
from dispatch.outcomes import ErrorKind
from dispatch.overdue import due_since
from dispatch.reconciliation import Findings, living_consumers
from subscribers.models import Subscriber

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter: its name in the totals, its metric, and the metric's label if the total has one.

    The values of the label that are `known` have a line from the start, with 0: to Prometheus a line that begins with
    the first burst is no increase.
    """

    total: str
    metric: str
    meaning: str
    label: str = ""
    known: tuple[str, ...] = ()


RESULTS = ("2xx", "3xx", "4xx", "5xx", *ErrorKind)
#: What docs/publishing.md lists, and what a server or a wrong method brings.
ANSWERS = ("202", "400", "401", "403", "405", "408", "409", "413", "500", "503")
STRANDED = tuple(each.name for each in fields(Findings))
COUNTERS = (
    Counted("events", "switch_events_accepted", "Events that were accepted"),
    Counted("deliveries", "switch_deliveries_created", "Deliveries that accepted events have brought"),
    Counted("attempts", "switch_attempts", "HTTP tries, by class of status or kind of error", "result", RESULTS),
    Counted("settled", "switch_deliveries_settled", "Deliveries that came to an end, by state", "state", SETTLED),
    Counted("answers", "switch_publish_answers", "Answers to publishes, by status", "status", ANSWERS),
    Counted("reconciled", "switch_reconciled", "Stranded work that was set going again, by kind", "kind", STRANDED),
)
HISTOGRAMS = (
    Counted("publish_milliseconds", "switch_publish_seconds", "From a publish's complete body to its answer"),
    Counted("attempt_milliseconds", "switch_attempt_seconds", "HTTP tries, from their start to their end"),
    Counted("delay_milliseconds", "switch_delivery_seconds", "From the accepted event to its arrival"),
)


def exposition() -> bytes:
    """The metrics in Prometheus' text format. Raises DatabaseError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Hub())
    return generate_latest(registry)


class _Hub(Collector):
    def collect(self) -> Iterator[Metric]:
        totals: dict[str, dict[str, int]] = {}
        for name, label, count in Total.objects.values_list("name", "label", "count"):
            totals.setdefault(name, {})[label] = count
        yield from (_counter(each, totals.get(each.total, {})) for each in COUNTERS)
        yield from (_histogram(each, totals.get(each.total, {})) for each in HISTOGRAMS)
        yield from _gauges()


def _counter(counted: Counted, counts: Counts) -> Metric:
    labels = [counted.label] if counted.label else []
    family = CounterMetricFamily(counted.metric, counted.meaning, labels=labels)
    for value in sorted({*counts, *map(str, counted.known)}) if labels else [""]:
        family.add_metric([value] if labels else [], counts.get(value, 0))
    return family


def _histogram(counted: Counted, counts: Counts) -> Metric:
    """Cumulative, as Prometheus has it. The sum is an estimate, each time taken for the upper bound of its bucket."""
    buckets: list[tuple[str, float]] = []
    below, seconds = 0, 0.0
    for place, bound in enumerate(BUCKET_BOUNDS_MS):
        below += counts.get(str(place), 0)
        seconds += counts.get(str(place), 0) * bound / 1000
        buckets.append((floatToGoString(bound / 1000), below))  # type: ignore[no-untyped-call] # it has no types
    above = counts.get(str(len(BUCKET_BOUNDS_MS)), 0)
    seconds += above * BUCKET_BOUNDS_MS[-1] / 1000
    buckets.append(("+Inf", below + above))
    return HistogramMetricFamily(counted.metric, counted.meaning, buckets=buckets, sum_value=seconds)


def _gauges() -> Iterator[Metric]:
    now = timezone.now()
    waiting = Delivery.objects.filter(state__in=WAITING).by_state()
    yield _gauge("switch_deliveries_waiting", "Deliveries that are not settled, by state", "state", waiting, WAITING)
    waits = now - (due_since(now) or now)
    yield GaugeMetricFamily(
        "switch_oldest_due_seconds", "How long the oldest due delivery has waited", value=waits.total_seconds()
    )
    living = Consumer.objects.filter(pk__in=living_consumers(now))
    yield GaugeMetricFamily("switch_consumers", "Consumer processes that are alive", value=living.count())
    in_flight = sum(living.values_list("in_flight", flat=True))
    yield GaugeMetricFamily("switch_in_flight", "Deliveries in the hands of consumers", value=in_flight)
    breakers = dict.fromkeys(Health.Breaker.values[1:], 0)
    for state in Health.objects.exclude(breaker=Health.Breaker.CLOSED).values_list("breaker", flat=True):
        breakers[state] += 1
    yield _gauge("switch_breakers", "Subscribers whose breaker is not closed, by its state", "state", breakers)
    existing = Subscriber.objects.existing()
    states = {state: existing.filter(state=state).count() for state in Subscriber.State.values}
    yield _gauge("switch_subscribers", "Subscribers, by state", "state", states)


def _gauge(name: str, meaning: str, label: str, counts: Counts, always: tuple[str, ...] = ()) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value in sorted({*counts, *map(str, always)}):
        family.add_metric([value], counts.get(value, 0))
    return family
