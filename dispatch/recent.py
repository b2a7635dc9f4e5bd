"""The newest events of a topic, to try a filter on, and the names that their payloads hold. Bounded in every way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from dispatch.models import Event
from dispatch.payloads import PayloadError, parse_json
from subscribers.topics import covers, is_pattern

EVENTS = 20
#: No index knows patterns: for one, so many of the newest events of all topics are looked through.
WALKED = 1_000
#: Payloads that are read for their names: each, and all of them together.
READ_BYTES = 64 << 10
READ_BYTES_IN_ALL = 1 << 20
NAMES = 500
DEPTH = 8
#: Members of a list of which the names are taken together.
MEMBERS = 5
#: A member of a list, in the place of a name.
MEMBER = "[]"

Names = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecentEvent:
    id: UUID
    topic: str
    received_at: datetime
    size: int


def recent_events(topic: str) -> list[RecentEvent]:
    """The newest first."""
    rows = Event.objects.order_by("-pk").values_list("pk", "topic", "received_at", "size")
    if not is_pattern(topic):
        return [RecentEvent(*row) for row in rows.filter(topic=topic)[:EVENTS]]
    wanted = (row for row in rows[:WALKED] if covers(topic, row[1]))
    return [RecentEvent(*row) for row in islice(wanted, EVENTS)]


def names_in(events: Iterable[RecentEvent]) -> Names:
    """Names of keys in the events' payloads, each with those below it; no values."""
    names: Names = {}
    collector = _Collector(NAMES)
    for payload in Event.objects.filter(pk__in=list(_readable(events))).values_list("payload", flat=True):
        try:
            collector.collect(parse_json(payload), names, DEPTH)
        except PayloadError:  # of a row that plain SQL has written
            continue
    return names


def _readable(events: Iterable[RecentEvent]) -> Iterator[UUID]:
    left = READ_BYTES_IN_ALL
    for event in events:
        if event.size <= min(left, READ_BYTES):
            left -= event.size
            yield event.id


class _Collector:
    """Counts the names down, so that a payload of many keys does not make an answer of many."""

    def __init__(self, names: int) -> None:
        self._left = names

    def collect(self, value: Any, names: Names, depth: int) -> None:
        for name, child in _named(value):
            if name not in names:
                if self._left == 0 or depth == 0:
                    return
                self._left -= 1
                names[name] = {}
            self.collect(child, names[name], depth - 1)


def _named(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return value.items()
    return [(MEMBER, member) for member in value[:MEMBERS]] if isinstance(value, list) else []
