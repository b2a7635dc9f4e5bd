"""From the rows of the subscribers to the index: all of them, or those that have changed."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from subscribers import garbage
from subscribers.filters import Access, FilterError, accesses_of
from subscribers.index import Candidate, Change, SubscriberIndex
from subscribers.models import Subscriber


class Row(NamedTuple):
    """What is read of a subscriber."""

    id: int
    topic: str
    filter_expression: str
    state: str
    retry_limit: int
    revision: int
    deleted_at: datetime | None


RETRY_LIMIT = Subscriber._meta.get_field("retry_limit").db_default
#: New subscribers in one reading, from which on the collector is told that they stay.
FROZEN_FROM = 10_000


def read_all(index: SubscriberIndex) -> SubscriberIndex:
    """The index with every row taken over that differs from what is known of it, whatever its revision says."""
    with garbage.no_looking():
        found = _all_taken_over(index)
    if len(found.places) - len(index.places) >= FROZEN_FROM:
        garbage.keep()
    return found


def _all_taken_over(index: SubscriberIndex) -> SubscriberIndex:
    rows = Subscriber.objects.existing().order_by("id").values_list(*Row._fields)
    seen: set[int] = set()
    come = []
    for row in map(_row, rows.iterator(2000)):
        seen.add(row.id)
        if not _is_known(row, index):
            come.append(_change(row))
    removed = [subscriber_id for subscriber_id in index.places if subscriber_id not in seen]
    return index.changed([*removed, *(change.candidate.subscriber_id for change in come)], come)


def read_changes(index: SubscriberIndex, version: int) -> SubscriberIndex:
    """The index with the rows taken over that have changed since `version`."""
    # Sorted here: to have them in order, SQLite would walk through all rows by their ids.
    changed = Subscriber.objects.filter(revision__gt=version).order_by().values_list(*Row._fields)
    rows = sorted(map(_row, changed))
    return index.changed([row.id for row in rows], [_change(row) for row in rows if row.deleted_at is None])


def _row(values: tuple[Any, ...]) -> Row:
    """As the types of the columns say. SQLite keeps bytes and words in any of them, if plain SQL writes them: one such
    row would stop every publish."""
    row = Row._make(values)
    if type(row.topic) is type(row.filter_expression) is str and type(row.retry_limit) is int:
        return row
    retry_limit = row.retry_limit if isinstance(row.retry_limit, int) else RETRY_LIMIT
    return row._replace(topic=_text(row.topic), filter_expression=_text(row.filter_expression), retry_limit=retry_limit)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode(errors="replace")


def _is_known(row: Row, index: SubscriberIndex) -> bool:
    place = index.places.get(row.id)
    if place is None or place.topic != row.topic:
        return False
    return place.candidate == _candidate(row, row.filter_expression, place.candidate.is_broken)


def _change(row: Row) -> Change:
    expression = _expression(row.filter_expression)
    return Change(row.topic, _candidate(row, expression.text, expression.is_broken), expression.accesses)


def _candidate(row: Row, expression: str, is_broken: bool) -> Candidate:
    is_paused = row.state == Subscriber.State.PAUSED
    return Candidate(row.id, row.revision, row.retry_limit, expression, is_paused, is_broken)


class _Expression(NamedTuple):
    text: str
    accesses: tuple[Access, ...]
    is_broken: bool


@lru_cache(maxsize=10_000)
def _expression(text: str) -> _Expression:
    """Equal expressions are read once, and share their memory."""
    try:
        return _Expression(text, accesses_of(text), is_broken=False)
    except FilterError:
        return _Expression(text, (), is_broken=True)
