"""Who hears of an event: the one public door to the subscribers for the publish path.

Each process keeps a snapshot of all subscribers, paused ones included, in an index by topic and by what their filters
compare. The version row tells whether it is the newest; rows changed since are read one by one, and all of them after
a call to `refresh`.
"""

import sys
import threading
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from subscribers import filter_errors, reading
from subscribers.index import Candidate, Judge, SubscriberIndex
from subscribers.index.candidates import id_of
from subscribers.models import SubscriberVersion

__all__ = ["Candidate", "Chunk", "Snapshot", "at_version", "current", "forget", "newest", "refresh", "takes"]


class Chunk(NamedTuple):
    """Some of an event's matches; `last_id` is the subscriber after whom to go on, None if there are no more."""

    matches: list[Candidate]
    last_id: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All existing subscribers as of `version`."""

    version: int
    index: SubscriberIndex

    def candidates(self, topic: str) -> int:
        """How many subscribers want events of `topic`, whatever their filters say."""
        return sum(index.count for index in self.index.of(topic))

    def match(self, topic: str, data: object) -> list[Candidate]:
        """The subscribers that an event goes to, in the order of their ids."""
        return self.match_up_to(sys.maxsize, topic, data) or []

    def match_up_to(self, limit: int, topic: str, data: object) -> list[Candidate] | None:
        """As `match`; None if they are more than `limit`, or if more than `limit` filters had to be evaluated."""
        judge = Judge(data)
        buckets = self.index.buckets(topic, judge)
        if sum(bucket.expressions for bucket in buckets) > limit:
            return None
        found: list[Candidate] = []
        for expression, candidates in chain.from_iterable(bucket.groups() for bucket in buckets):
            if judge.holds(expression, candidates):
                if len(found) + len(candidates) > limit:
                    return None
                found.extend(candidates)
        _note(judge)
        return sorted(found, key=id_of)

    def candidate(self, subscriber_id: int) -> Candidate | None:
        """One subscriber as matching sees it; None if there is none."""
        place = self.index.places.get(subscriber_id)
        return place.candidate if place else None

    def chunk(self, topic: str, data: object, after: int, size: int) -> Chunk:
        """The matches among the next `size` candidates behind the subscriber `after`, in the order of their ids."""
        judge = Judge(data)
        walks = [bucket.after(after) for bucket in self.index.buckets(topic, judge)]
        candidates = list(islice(merge(*walks, key=id_of), size))
        matches = [candidate for candidate in candidates if judge.holds(candidate.expression, (candidate,))]
        _note(judge)
        return Chunk(matches, candidates[-1].subscriber_id if len(candidates) == size else None)


def takes(candidate: Candidate, data: object) -> bool:
    """Whether an event with these data, of a topic that it wants, goes to the subscriber."""
    judge = Judge(data)
    is_taken = judge.holds(candidate.expression, (candidate,))
    _note(judge)
    return is_taken


def _note(judge: Judge) -> None:
    for candidate, unknown in judge.noted:
        filter_errors.note(candidate.subscriber_id, unknown)


EMPTY = Snapshot(version=-1, index=SubscriberIndex())

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
        return Snapshot(number, reading.read_all(known.index))
    return Snapshot(number, reading.read_changes(known.index, known.version))
