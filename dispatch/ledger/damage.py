"""Values that a column's type forbids and SQLite holds all the same: finds them, and settles what they spoil in words.

Postgres holds none. Whoever reads such a row in good faith fails; so it is looked for when something has failed, and
by the doctor, but never on the way of a delivery.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db import connection, models

from dispatch.identifiers import new_id
from dispatch.ledger.dialect import is_postgres, to_database
from dispatch.ledger.loading import LARGE_BYTES
from dispatch.ledger.reading import reading_cursor
from dispatch.models import Consumer, Delivery, Event, Health, Lease
from subscribers.models import Subscriber, SubscriberVersion

Field: TypeAlias = "models.Field[Any, Any]"

#: Rows that are mended at once.
CHUNK = 500
#: Looking at all that is settled would take minutes in a large ledger.
NEWEST = 10_000

# What a value is like that the type of its column forbids.
WHOLE = "typeof({0}) <> 'integer'"
NUMBER = "typeof({0}) NOT IN ('integer', 'real')"
KIND_OF_TEXT = "typeof({0}) <> 'text'"
TEXT = f"({KIND_OF_TEXT} OR NOT switch_is_text(CAST({{0}} AS BLOB)))"
#: To read all that is large would take minutes; such a payload is loaded by itself, and harms no other.
PAYLOAD = f"({KIND_OF_TEXT} OR size <= {LARGE_BYTES} AND NOT switch_is_text(CAST({{0}} AS BLOB)))"
ID = "(typeof({0}) <> 'text' OR length({0}) <> 32 OR {0} GLOB '*[^0-9a-f]*')"
DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
#: SQLite itself tells most of those that are well; Python is asked of the others, such as one with an offset.
MOMENT = (
    f"({KIND_OF_TEXT} OR {{0}} NOT GLOB '{DAY}*' OR ({{0}} NOT GLOB '{DAY}[ T][0-9][0-9]:*' "
    "OR date({0}, '+0 days') IS NOT substr({0}, 1, 10)) AND NOT switch_is_moment(CAST({0} AS BLOB)))"
)
FORBIDDEN = {
    "FloatField": NUMBER,
    "DateTimeField": MOMENT,
    "UUIDField": ID,
    "CharField": TEXT,
    "TextField": TEXT,
    "JSONField": TEXT,
}

NOW = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
TRIES = "(SELECT count(*) FROM attempt WHERE delivery_id = delivery.id)"
NEXT_VERSION = "(SELECT coalesce(max(revision), 0) + 1 FROM subscriber)"
#: What takes the place of a damaged value, where that is neither null nor the column's default.
INSTEAD: dict[type[models.Model], dict[str, str]] = {
    Delivery: {
        "attempts": TRIES,
        "failures": TRIES,
        "settled_at": NOW,
        "replay_of_id": "id",  # null would make it the event's first delivery, of which there is another
    },
    Event: {
        "size": "length(CAST(payload AS BLOB))",
        "matched": "(SELECT count(*) FROM delivery WHERE event_id = event.id AND replay_of_id IS NULL)",
    },
    Subscriber: {"deleted_at": NOW},  # null would make it come back
    Health: {"open_until": NOW},
    SubscriberVersion: {"number": NEXT_VERSION, "rebuilt_at": NEXT_VERSION},
}
#: Whoever needs such a row writes it anew.
WRITTEN_ANEW = {Consumer, Lease}
#: Without these nobody knows what is to be sent, or to whom; the other columns only say when, or how often.
VITAL = {"event_id", "subscriber_id", "replay_of_id"}
CLAIM = {"owner", "lease_until"}
WAITING = "state IN ('pending', 'claimed', 'held')"
#: Nothing takes the place of these: they are damage only while the delivery waits.
UNKNOWABLE = {"event_id", "subscriber_id"}
NEWEST_FIRST = f"rowid IN (SELECT rowid FROM {{0}} ORDER BY id DESC LIMIT {NEWEST})"
#: Which rows are looked at: all that work can meet, and of what is settled the newest.
LOOKED_AT: dict[type[models.Model], tuple[str, ...]] = {
    Delivery: (WAITING, NEWEST_FIRST.format("delivery")),
    Event: (
        f"id IN (SELECT event_id FROM delivery WHERE {WAITING}) OR fan_out = 'pending'",
        NEWEST_FIRST.format("event"),
    ),
    Subscriber: ("TRUE",),
    Health: ("TRUE",),
    SubscriberVersion: ("TRUE",),
    Consumer: ("TRUE",),
    Lease: ("TRUE",),
}


@dataclass(frozen=True, slots=True)
class Damage:
    """A row, those of its columns that hold what their types forbid, and the state of a delivery."""

    model: type[models.Model]
    row: int
    state: str
    columns: tuple[str, ...]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def is_fatal(self) -> bool:
        """Whether a delivery that waits cannot be sent for it."""
        return self.state in ("pending", "claimed", "held") and not VITAL.isdisjoint(self.columns)

    def __str__(self) -> str:
        return f"{self.table} ({', '.join(self.columns)})"


def find_damage(limit: int = CHUNK, *, with_newest: bool = True) -> list[Damage]:
    """Up to `limit` damaged rows of each table: those that work can meet, and with the newest of what is settled."""
    if is_postgres():
        return []
    found: list[Damage] = []
    for model, places in LOOKED_AT.items():
        found += _found(model, " OR ".join(places if with_newest else places[:1]), limit)
    return found


def _found(model: type[models.Model], where: str, limit: int) -> list[Damage]:
    flags = {str(field.column): _flag(field) for field in model._meta.concrete_fields if _forbidden(field)}
    state = "state" if model is Delivery else "''"
    with reading_cursor() as cursor:
        cursor.execute(
            f"SELECT rowid, {state}, {', '.join(flags.values())} FROM {model._meta.db_table} "
            f"WHERE ({where}) AND ({' OR '.join(flags.values())}) LIMIT {limit}"
        )
        rows = cursor.fetchall()
    return [
        Damage(model, row, state, tuple(name for name, flag in zip(flags, damaged, strict=True) if flag))
        for row, state, *damaged in rows
    ]


def _forbidden(field: Field) -> str:
    """The condition that finds what the field's type forbids; empty if any value will do."""
    if field.primary_key and not isinstance(field, models.UUIDField):
        return ""
    if field.model is Event and field.column == "payload":
        return PAYLOAD
    known = field.target_field if isinstance(field, models.ForeignKey) else field
    return WHOLE if isinstance(known, models.IntegerField) else FORBIDDEN.get(known.get_internal_type(), "")


def _flag(field: Field) -> str:
    condition = _forbidden(field).format(field.column)
    if field.null:
        condition = f"{field.column} IS NOT NULL AND {condition}"
    if field.model is Delivery and field.column in UNKNOWABLE:
        condition = f"{WAITING} AND {condition}"
    return f"({condition})"


def mend(damage: Damage, now: datetime) -> None:
    """Puts what the types allow in the place of what they forbid.

    A delivery of which nobody can tell any more what it was is given up, and says so.
    """
    if damage.model in WRITTEN_ANEW:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {damage.table} WHERE rowid = %s", [damage.row])
        return
    changes = _changes(damage)
    if damage.model is Delivery and "id" in damage.columns:
        changes["queued_at"] = "NULL"  # its job has a name that nobody knows
    parameters: list[Any] = []
    if damage.is_fatal:
        changes |= {"state": "'dead'", "reason": "'permanent'", "owner": "NULL", "lease_until": "NULL"}
        changes |= {"settled_at": "%s", "last_error": "%s"}
        parameters = [to_database(now), f"Its row in the ledger was damaged: {', '.join(damage.columns)}."]
    elif damage.state == "claimed" and not CLAIM.isdisjoint(damage.columns):
        changes |= {"state": "'pending'", "queued_at": "NULL", "owner": "NULL", "lease_until": "NULL"}
    if changes:
        assignments = ", ".join(f"{name} = {value}" for name, value in changes.items())
        with reading_cursor() as cursor:
            cursor.execute(f"UPDATE {damage.table} SET {assignments} WHERE rowid = %s", [*parameters, damage.row])


def _changes(damage: Damage) -> dict[str, str]:
    """What takes the place of the damaged values."""
    instead = INSTEAD.get(damage.model, {})
    fields = {field.column: field for field in damage.model._meta.concrete_fields}
    return {
        name: instead.get(name) or _default(fields[name])
        for name in damage.columns
        if not (damage.model is Delivery and name in UNKNOWABLE)
    }


def _default(field: Field) -> str:
    if field.primary_key:
        return f"'{new_id().hex}'"
    if field.null:
        return "NULL"
    if isinstance(field, models.DateTimeField):
        return NOW
    if isinstance(field, (models.CharField, models.TextField, models.JSONField)):
        return f"switch_as_text(CAST({field.column} AS BLOB))"
    default = getattr(field.db_default, "value", field.db_default)
    return str(default) if isinstance(default, (int, float)) else "0"
