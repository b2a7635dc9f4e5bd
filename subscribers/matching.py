"""Who hears of an event: the one public door to the subscribers for the publish path.

Each process keeps a snapshot of all subscribers, compiled, paused ones included. The version row tells whether it is
the newest; rows changed since are read one by one, and all of them after a call to `refresh`.
"""

import threading
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from django.db import transaction
from django.db.models import F

from subscribers import filter_errors
from subscribers.filters import Filter, FilterError, Unknown, compile_filter
from subscribers.models import Subscriber, SubscriberVersion
from subscribers.querysets import SubscriberQuerySet


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subscriber as matching sees it. `filter` is None where the stored expression does not compile."""

    subscriber_id: int
    revision: int
    retry_limit: int
    is_paused: bool
    filter: Filter | None

    def takes(self, data: object) -> bool:
        """Whether an event goes to it. A broken filter takes everything: its events are held until it is mended."""
        if self.filter is None:
            return True
        result = self.filter.evaluate(data)
        if isinstance(result, Unknown):
            filter_errors.note(self.subscriber_id, result)
        return result is True

    @property
    def hold_reason(self) -> str:
        if self.filter is None:
            return "broken"
        return "paused" if self.is_paused else ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All existing subscribers by topic, in the order of their ids, as of `version`."""

    version: int
    topics: Mapping[str, tuple[Candidate, ...]]

    def candidates(self, topic: str) -> int:
        """How many subscribers a publish on `topic` has to look at."""
        return len(self.topics.get(topic, ()))

    def match(self, topic: str, data: object) -> list[Candidate]:
        """The subscribers that an event goes to."""
        return [candidate for candidate in self.topics.get(topic, ()) if candidate.takes(data)]

    def after(self, topic: str, subscriber_id: int) -> Iterator[Candidate]:
        """The candidates of `topic` behind `subscriber_id`, in the order of their ids."""
        return (candidate for candidate in self.topics.get(topic, ()) if candidate.subscriber_id > subscriber_id)


EMPTY = Snapshot(version=-1, topics=MappingProxyType({}))
FIELDS = ("id", "topic", "filter_expression", "state", "retry_limit", "revision", "deleted_at")

_lock = threading.Lock()
_current = EMPTY


def current() -> Snapshot:
    """This process's snapshot, which may be older than the database; read on first use."""
    return _current if _current is not EMPTY else newest()


def at_version(version: int) -> Snapshot:
    """A snapshot that knows every change up to `version`."""
    return _current if _current.version == version else newest()


def newest() -> Snapshot:
    """Reads what has changed since this process's snapshot, and makes the result its snapshot."""
    global _current
    with _lock:
        _current = _read(_current)
        return _current


def refresh() -> None:
    """Makes every process read all subscribers again, whatever wrote them."""
    with transaction.atomic():
        SubscriberVersion.objects.get_or_create(id=1)
        SubscriberVersion.objects.update(number=F("number") + 1, rebuilt_at=F("number") + 1)


def forget() -> None:
    """Drops this process's snapshot, as a new process would start without one."""
    global _current
    with _lock:
        _current = EMPTY


def _read(known: Snapshot) -> Snapshot:
    version = SubscriberVersion.objects.filter(id=1).values_list("number", "rebuilt_at").first() or (0, 0)
    number, rebuilt_at = version
    if number == known.version:
        return known
    if known.version < rebuilt_at or number < known.version or known is EMPTY:
        return Snapshot(number, _grouped(Subscriber.objects.existing()))
    changed = Subscriber.objects.filter(revision__gt=known.version)
    return Snapshot(number, _merged(known.topics, changed))


def _grouped(subscribers: SubscriberQuerySet) -> dict[str, tuple[Candidate, ...]]:
    topics: dict[str, list[Candidate]] = {}
    for subscriber in subscribers.order_by("id").only(*FIELDS).iterator(2000):
        topics.setdefault(subscriber.topic, []).append(_candidate(subscriber))
    return {topic: tuple(candidates) for topic, candidates in topics.items()}


def _merged(
    topics: Mapping[str, tuple[Candidate, ...]], changed: SubscriberQuerySet
) -> dict[str, tuple[Candidate, ...]]:
    """`topics` with the changed subscribers taken out where they were and put in where they now belong."""
    rows = list(changed.only(*FIELDS))
    ids = {row.pk for row in rows}
    kept = {
        topic: candidates
        if ids.isdisjoint(candidate.subscriber_id for candidate in candidates)
        else tuple(candidate for candidate in candidates if candidate.subscriber_id not in ids)
        for topic, candidates in topics.items()
    }
    for row in rows:
        if row.deleted_at is None:
            kept[row.topic] = _inserted(kept.get(row.topic, ()), _candidate(row))
    return {topic: candidates for topic, candidates in kept.items() if candidates}


def _inserted(candidates: tuple[Candidate, ...], new: Candidate) -> tuple[Candidate, ...]:
    place = bisect(candidates, new.subscriber_id, key=lambda candidate: candidate.subscriber_id)
    return (*candidates[:place], new, *candidates[place:])


def _candidate(subscriber: Subscriber) -> Candidate:
    return Candidate(
        subscriber.pk,
        subscriber.revision,
        subscriber.retry_limit,
        subscriber.is_paused,
        _compiled(subscriber.filter_expression),
    )


@lru_cache(maxsize=50_000)
def _compiled(expression: str) -> Filter | None:
    """Equal expressions are compiled once. None if it does not compile."""
    try:
        return compile_filter(expression)
    except FilterError:
        return None
