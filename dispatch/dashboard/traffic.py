"""What went through the hub in the last hour or day: minute by minute, how long it took, and what failed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dispatch.dashboard.stretches import Stretches
from dispatch.ledger.volumes import attempts_by_minute, delays_by_minute, events_by_minute
from dispatch.models.counter import BUCKET_BOUNDS_MS

MINUTE = timedelta(minutes=1)
STRETCH = timedelta(minutes=10)
#: How long a span is, and how much of it a point of a chart stands for.
SPANS = {"hour": (timedelta(hours=1), MINUTE), "day": (timedelta(days=1), STRETCH)}


@dataclass
class Sums:
    """What was counted in some minutes. `delays` are deliveries by the bucket of their time from event to arrival."""

    events: int = 0
    deliveries: int = 0
    arrived: int = 0
    failed: int = 0
    delays: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Sums") -> None:
        self.events += other.events
        self.deliveries += other.deliveries
        self.arrived += other.arrived
        self.failed += other.failed
        self.delays.update(other.delays)

    @property
    def tries(self) -> int:
        return self.arrived + self.failed

    @property
    def success_share(self) -> float | None:
        return self.arrived / self.tries if self.tries else None

    def within_ms(self, share: float) -> float | None:
        """The bound below which that share of the deliveries arrived; infinite above the highest, None without any."""
        wanted, below = share * self.delays.total(), 0
        for bucket, bound in enumerate((*BUCKET_BOUNDS_MS, float("inf"))):
            below += self.delays[bucket]
            if below and below >= wanted:
                return bound
        return None


@dataclass
class Failing:
    """Tries with one result at one subscriber; the first and the last minute in which one began."""

    count: int
    first: datetime
    last: datetime

    def add(self, other: "Failing") -> None:
        self.count += other.count
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)


#: By subscriber and result.
Failures = dict[tuple[int, str], Failing]


@dataclass
class Stretch:
    minutes: dict[datetime, Sums] = field(default_factory=dict)
    failures: Failures = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """A step of a chart: sums over so many minutes."""

    start: datetime
    minutes: int
    sums: Sums


@dataclass(frozen=True)
class Traffic:
    """`missing` is the part of the span that is not added up yet."""

    since: datetime
    until: datetime
    points: list[Point]
    total: Sums
    failures: Failures
    missing: timedelta


def traffic(span: str, now: datetime, seconds: float) -> Traffic:
    """From a whole ten minutes on, so that a span holds at least its hour or day; up to the last whole minute."""
    length, step = SPANS[span]
    until = now.replace(second=0, microsecond=0)
    since = stretches.begin(now) - length
    found = stretches.between(since, now, seconds)
    missing = length + STRETCH - len(found) * STRETCH
    points = [point for point in _points(found, since, until, step) if stretches.begin(point.start) in found]
    total = _total(sums for stretch in found.values() for sums in stretch.minutes.values())
    return Traffic(since, until, points, total, _failures(found), missing)


def _points(found: Mapping[datetime, Stretch], since: datetime, until: datetime, step: timedelta) -> Iterator[Point]:
    minutes = {minute: sums for stretch in found.values() for minute, sums in stretch.minutes.items()}
    while since < until:
        end = min(since + step, until)
        inside = [since + MINUTE * number for number in range((end - since) // MINUTE)]
        yield Point(since, len(inside), _total(minutes[each] for each in inside if each in minutes))
        since = end


def _total(parts: Iterable[Sums]) -> Sums:
    total = Sums()
    for sums in parts:
        total.add(sums)
    return total


def _failures(found: Mapping[datetime, Stretch]) -> Failures:
    """The most frequent first."""
    failures: Failures = {}
    for stretch in found.values():
        for key, failing in stretch.failures.items():
            _note(failures, key, failing)
    return dict(sorted(failures.items(), key=lambda item: -item[1].count))


def _note(failures: Failures, key: tuple[int, str], failing: Failing) -> None:
    if key in failures:
        failures[key].add(failing)
    else:
        failures[key] = Failing(failing.count, failing.first, failing.last)


def _read(since: datetime, until: datetime) -> dict[datetime, Stretch]:
    found: dict[datetime, Stretch] = {}

    def stretch(minute: datetime) -> Stretch:
        return found.setdefault(stretches.begin(minute), Stretch())

    def sums(minute: datetime) -> Sums:
        return stretch(minute).minutes.setdefault(minute, Sums())

    for minute, events, deliveries in events_by_minute(since, until):
        sums(minute).events, sums(minute).deliveries = events, deliveries
    for minute, bucket, count in delays_by_minute(since, until):
        sums(minute).delays[bucket] = count
    for minute, subscriber_id, result, count in attempts_by_minute(since, until):
        if subscriber_id is None:
            sums(minute).arrived += count
        else:
            sums(minute).failed += count
            _note(stretch(minute).failures, (subscriber_id, result), Failing(count, minute, minute))
    return found


#: Somewhat more than a day of them is remembered.
stretches: Stretches[Stretch] = Stretches(STRETCH, _read, Stretch, at_once=3, kept=160)
