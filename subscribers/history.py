"""Reads the history of a subscriber: what was changed by whom, and how it was at a moment or at a revision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.text import capfirst

from subscribers.models import Subscriber
from subscribers.records import FOUND, compared_fields

#: Changes of one page.
SHOWN = 50
NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Version:
    """A subscriber as it was from `since` on."""

    subscriber_id: int
    revision: int
    since: datetime
    topic: str
    filter_expression: str
    target_url: str
    state: str
    state_reason: str
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `id` is that of its record, None of a change that was written past Switch and is not recorded."""

    id: int | None
    at: datetime
    name: str
    reason: str
    act: str
    revision: int
    secret_changed: bool
    differences: tuple[Difference, ...]


def version_at(subscriber_id: int, moment: datetime) -> Version | None:
    """How the subscriber was at a moment; None if it was not there, or nobody wrote down how it was then."""
    current = Subscriber.objects.filter(pk=subscriber_id).first()
    if current is not None and current.updated_at <= moment:
        return _version(current, current.updated_at)
    return _recorded(Subscriber.history.filter(id=subscriber_id, history_date__lte=moment))


def version_of(subscriber_id: int, revision: int) -> Version | None:
    """How the subscriber was at a revision, as deliveries keep it (`subscriber_revision`); None as above."""
    current = Subscriber.objects.filter(pk=subscriber_id).first()
    if current is not None and current.revision <= revision:
        return _version(current, current.updated_at)
    return _recorded(Subscriber.history.filter(id=subscriber_id, revision__lte=revision))


def expression_at(subscriber_id: int, moment: datetime) -> str | None:
    """The filter expression that was in force at a moment; None as for `version_at`."""
    version = version_at(subscriber_id, moment)
    return None if version is None else version.filter_expression


def expression_of(subscriber_id: int, revision: int) -> str | None:
    """The filter expression of a revision; None as for `version_at`."""
    version = version_of(subscriber_id, revision)
    return None if version is None else version.filter_expression


def _recorded(records: Any) -> Version | None:
    newest = records.order_by("-history_id").first()
    return None if newest is None else _version(newest, newest.history_date)


def _version(row: Any, since: datetime) -> Version:
    return Version(
        row.pk if isinstance(row, Subscriber) else row.id,
        row.revision,
        since,
        *(row.topic, row.filter_expression, row.target_url, row.state, row.state_reason, row.deleted_at),
    )


def changes(subscriber: Subscriber, before: int | None = None, limit: int = SHOWN) -> list[Change]:
    """The newest changes, the newest first; with `before`, those behind the record of that id."""
    records = Subscriber.history.filter(id=subscriber.pk).order_by("-history_id")
    page = list((records.filter(history_id__lt=before) if before else records)[: limit + 1])
    unrecorded = [] if before else list(_unrecorded(subscriber, page[0] if page else None))
    pairs = pairwise([*page, None]) if len(page) <= limit else pairwise(page)
    return [*unrecorded, *(_change(new, old) for new, old in pairs if new is not None)]


def _unrecorded(subscriber: Subscriber, newest: Any) -> Iterator[Change]:
    """What plain SQL has done since the newest record; it will be recorded with the next change."""
    differences = () if newest is None else _differences(newest, subscriber)
    if newest is None or differences:
        act = "changed" if newest else "found"
        yield Change(None, subscriber.updated_at, "", FOUND, act, subscriber.revision, False, differences)


def _change(new: Any, old: Any) -> Change:
    act = "found" if new.history_change_reason == FOUND else new.get_history_type_display().lower()
    return Change(
        *(new.history_id, new.history_date, new.history_user_id, new.history_change_reason, act),
        *(new.revision, new.secret_changed, () if old is None else _differences(old, new)),
    )


def _differences(old: Any, new: Any) -> tuple[Difference, ...]:
    return compared(old, {field.name: getattr(new, field.name) for field in compared_fields(Subscriber)})


def _label(field: Any) -> str:
    return str(capfirst(field.verbose_name)).replace(" url", " URL")


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return NOTHING if value in (None, "") else str(value)


def written(record_id: int, subscriber: Subscriber, fields: tuple[str, ...]) -> dict[str, Any] | None:
    """What these fields held by a record of the subscriber, and its `history_date`; None if it has no such record."""
    found: dict[str, Any] | None = (
        Subscriber.history.filter(history_id=record_id, id=subscriber.pk).values(*fields, "history_date").first()
    )
    return found


def compared(subscriber: Any, values: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What changes if the fields of a subscriber, or of a record of it, are given these values."""
    return tuple(
        Difference(field.name, _label(field), _told(getattr(subscriber, field.name)), _told(values[field.name]))
        for field in compared_fields(Subscriber)
        if field.name in values and values[field.name] != getattr(subscriber, field.name)
    )
