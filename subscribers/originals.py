"""Takes over the subscribers of the original's SQLite file."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from subscribers.models import Subscriber
from subscribers.topics import is_pattern

COLUMNS = ("topic", "filter_expression", "target_url")


class OriginalError(Exception):
    """The file is not a database of the original; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    topic: str
    filter_expression: str
    target_url: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one row: `problem` says why it was imported paused, or why not at all (`subscriber` is None)."""

    row: Row
    subscriber: Subscriber | None
    problem: str = ""


def read_originals(path: Path) -> list[Row]:
    """The rows of table `subscribers` that are not soft-deleted. Raises OriginalError."""
    if not path.is_file():
        raise OriginalError(f"There is no file {path}.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            return list(_rows(database))
    except sqlite3.DatabaseError as error:
        raise OriginalError(f"{path} cannot be read as the original's database: {error}.") from error


def _rows(database: sqlite3.Connection) -> Iterator[Row]:
    found = {row[1] for row in database.execute("PRAGMA table_info(subscribers)")}
    if missing := [name for name in COLUMNS if name not in found]:
        raise OriginalError(f"It has no table subscribers with the columns {', '.join(missing)}.")
    condition = "WHERE deleted_at IS NULL" if "deleted_at" in found else ""
    order = "id" if "id" in found else "rowid"
    statement = f"SELECT {order}, {', '.join(COLUMNS)} FROM subscribers {condition} ORDER BY {order}"  # noqa: S608 - constants
    for number, *texts in database.execute(statement):
        yield Row(number, *(str(text or "") for text in texts))


def take_over(rows: list[Row]) -> list[Taken]:
    """Creates a subscriber for each row, all or none; one that is here already is left as it is."""
    with transaction.atomic():
        return [_take(row) for row in rows]


def _take(row: Row) -> Taken:
    same = Subscriber.objects.existing().filter(
        topic=row.topic, target_url=row.target_url, filter_expression=row.filter_expression
    )
    if same.exists():
        return Taken(row, None, "it is here already")
    if problem := _problem(row, ("topic", "target_url")):
        return Taken(row, None, problem)
    if is_pattern(row.topic):
        return Taken(
            row, None, "topic: with a * at its end it would be a pattern here; add it by hand if it is to be one."
        )
    if "\x00" in row.filter_expression:
        return Taken(row, None, "filter_expression: no database keeps a NUL character.")
    subscriber = Subscriber(topic=row.topic, target_url=row.target_url, filter_expression=row.filter_expression)
    if problem := _problem(row, ("filter_expression",)):
        subscriber.state = Subscriber.State.PAUSED
        subscriber.state_reason = "Imported with a filter that does not compile."
    subscriber.save()
    return Taken(row, subscriber, problem)


def _problem(row: Row, fields: tuple[str, ...]) -> str:
    for field in Subscriber._meta.fields:
        if field.name not in fields:
            continue
        try:
            field.clean(getattr(row, field.name), None)
        except ValidationError as error:
            return f"{field.name}: {' '.join(error.messages)}"
    return ""
