"""Who publishes on which topic, and which subscribers that goes to: volumes in a span of time, and what fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from dispatch.dashboard.stretches import Stretches
from dispatch.ledger.volumes import published_by_hour, sent_by_hour

HOUR = timedelta(hours=1)
SPANS = {"hour": HOUR, "day": timedelta(days=1), "week": timedelta(days=7)}
#: Pairs of topic and subscriber that are told apart in an hour; the others of a topic are summed.
PAIRS = 1_000


@dataclass
class Volume:
    """What was published: events, and the deliveries they brought. What was sent: tries, and those that failed."""

    count: int = 0
    part: int = 0

    def add(self, other: "Volume") -> None:
        self.count += other.count
        self.part += other.part


#: By author and topic.
Published = dict[tuple[str, str], Volume]
#: By topic and subscriber; None are those beyond PAIRS.
Sent = dict[tuple[str, int | None], Volume]


@dataclass
class Hour:
    published: Published = field(default_factory=dict)
    sent: Sent = field(default_factory=dict)


@dataclass(frozen=True)
class Flows:
    """`missing` is the part of the span that is not added up yet."""

    since: datetime
    published: Published
    sent: Sent
    missing: timedelta

    @property
    def unheard(self) -> dict[str, int]:
        """Topics whose events went to nobody, with how many there were; the busiest first."""
        topics: dict[str, Volume] = {}
        for (_, topic), volume in self.published.items():
            topics.setdefault(topic, Volume()).add(volume)
        found = {topic: volume.count for topic, volume in topics.items() if volume.count and not volume.part}
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def flows(span: str, now: datetime, seconds: float) -> Flows:
    """From a whole hour on, so that a span holds at least its hour, day or week."""
    since = hours.begin(now) - SPANS[span]
    found = hours.between(since, now, seconds)
    published: Published = {}
    sent: Sent = {}
    for hour in found.values():
        _add(published, hour.published)
        _add(sent, hour.sent)
    return Flows(since, published, sent, SPANS[span] + HOUR - len(found) * HOUR)


def _add(total: dict[tuple[str, str], Volume] | Sent, part: Mapping[tuple[str, str], Volume] | Sent) -> None:
    for key, volume in part.items():
        total.setdefault(key, Volume()).add(volume)  # type: ignore[arg-type] # the keys are of one kind


def _read(since: datetime, until: datetime) -> dict[datetime, Hour]:
    found: dict[datetime, Hour] = {}
    for hour, author, topic, events, deliveries in published_by_hour(since, until):
        found.setdefault(hour, Hour()).published[author, topic] = Volume(events, deliveries)
    rows = sorted(sent_by_hour(since, until), key=lambda row: (row[0], -row[4]))
    for hour, its in groupby(rows, key=lambda row: row[0]):
        found.setdefault(hour, Hour()).sent = _sent(its)
    return found


def _sent(rows: Iterable[tuple[object, str, int, int, int]]) -> Sent:
    """Of rows of an hour, the busiest first."""
    sent: Sent = {}
    for place, (_, topic, subscriber_id, arrived, tries) in enumerate(rows):
        key = (topic, subscriber_id if place < PAIRS else None)
        sent.setdefault(key, Volume()).add(Volume(tries, tries - arrived))
    return sent


#: Somewhat more than a week of them is remembered.
hours: Stretches[Hour] = Stretches(HOUR, _read, Hour, at_once=3, kept=180)
