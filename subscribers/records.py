"""Writes the history of subscribers: django-simple-history's table, filled from the rows as the database has them.

Its own signals would copy the instance in memory, which knows neither the revision that the triggers stamp nor what
others have written to columns that it does not save; and they see no bulk statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.db.models import Max
from simple_history.models import HistoricalRecords

from subscribers.acting import MAX_NAME, MAX_REASON, actor

SECRETS = ("secret", "previous_secret", "previous_secret_until")
#: What is not kept: secrets, of which it is only told that they changed, and what no operator writes.
UNRECORDED = (
    *SECRETS,
    *("filter_error_count", "last_filter_error", "last_filter_error_at", "created_at", "updated_at"),
)
#: What is kept, but is no change by itself.
UNCOMPARED = ("id", "revision")
FOUND = "Found like this: it was written past Switch, by plain SQL or by an older version."
CHUNK = 500
BEFORE = "_rows_before_the_save"


class SecretNote(models.Model):
    """What a record says of the secret: no more than that it is another one."""

    secret_changed = models.BooleanField(db_default=False, default=False)

    class Meta:
        abstract = True


class SubscriberRecords(HistoricalRecords):  # type: ignore[misc] # it comes without types
    """The history of the model that it is put on. Its own handlers of signals are replaced by ours."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="change of a subscriber",
            verbose_name_plural="changes of subscribers",
            table_name="subscriber_history",
            bases=(SecretNote,),
            excluded_fields=list(UNRECORDED),
            history_id_field=models.BigAutoField(),
            history_change_reason_field=models.CharField(max_length=MAX_REASON, blank=True, db_default=""),
            # A name, not a key: it tells also of machines and of commands, and outlives the user.
            history_user_id_field=models.CharField(max_length=MAX_NAME, blank=True, db_default=""),
            history_user_getter=lambda record: record.history_user_id,
            history_user_setter=lambda record, name: setattr(record, "history_user_id", name),
        )

    def finalize(self, sender: Any, **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if sender is self.cls:
            models.signals.pre_save.connect(self.pre_save, sender=sender, weak=False)

    def pre_save(self, instance: Any, update_fields: Any = None, raw: bool = False, **kwargs: Any) -> None:
        if not raw and (update_fields is None or is_recorded(update_fields)):
            ids = [instance.pk] if instance.pk else []
            setattr(instance, BEFORE, _rows(type(instance), ids))

    def post_save(self, instance: Any, created: bool, using: Any = None, **kwargs: Any) -> None:
        before = instance.__dict__.pop(BEFORE, None)
        if before is not None:
            _record(type(instance), before, [instance.pk])

    def pre_delete(self, instance: Any, **kwargs: Any) -> None:
        """Subscribers are deleted softly, which is an update."""

    post_delete = pre_delete


def is_recorded(fields: Any) -> bool:
    """Whether a change of one of these fields is one that the history tells."""
    return not set(fields) <= set(UNRECORDED) - set(SECRETS)


@contextmanager
def recorded(model: type[models.Model], ids: Sequence[int], also: Sequence[models.Model] = ()) -> Iterator[None]:
    """Keeps what the statements inside change of the rows `ids`, and of those that `also` are written inside."""
    before = _rows(model, ids)
    yield
    _record(model, before, [*ids, *(each.pk for each in also if each.pk and each.pk not in before)])


def _rows(model: type[models.Model], ids: Sequence[int]) -> dict[int, Any]:
    return model._default_manager.in_bulk(ids) if ids else {}


def _record(model: Any, before: dict[int, Any], ids: Sequence[int]) -> None:
    after = _rows(model, ids)
    changed = [row for row in after.values() if row.pk not in before or _differs(before[row.pk], row)]
    missed = _missed(model, [before[row.pk] for row in changed if row.pk in before])
    who = actor()
    new = [_made(model, row, before.get(row.pk), who.name, who.reason) for row in changed]
    model.history.bulk_create([*missed, *new])


def _missed(model: Any, rows: Sequence[Any]) -> list[Any]:
    """Records of how rows were before, where the history does not say so already."""
    newest = newest_records(model, [row.pk for row in rows])
    return [
        _made(model, row, newest.get(row.pk), "", FOUND)
        for row in rows
        if row.pk not in newest or _differs(newest[row.pk], row, secrets=())
    ]


def newest_records(model: Any, ids: Sequence[int]) -> dict[int, Any]:
    """The newest record of each subscriber that has any."""
    if not ids:
        return {}
    newest = model.history.filter(id__in=ids).order_by().values("id").annotate(newest=Max("history_id"))
    return {record.id: record for record in model.history.filter(history_id__in=newest.values("newest"))}


def compared_fields(model: Any) -> list[models.Field[Any, Any]]:
    return [field for field in model.history.model.tracked_fields if field.name not in UNCOMPARED]


def _differs(old: Any, new: Any, secrets: Sequence[str] = SECRETS) -> bool:
    names = [*(field.name for field in compared_fields(new)), *secrets]
    return any(getattr(old, name) != getattr(new, name) for name in names)


def _made(model: Any, row: Any, old: Any, name: str, reason: str) -> Any:
    values = {field.name: getattr(row, field.name) for field in model.history.model.tracked_fields}
    has_secrets = old is not None and hasattr(old, "secret")
    return model.history.model(
        **values,
        history_type="-" if row.deleted_at and not getattr(old, "deleted_at", None) else "~" if old else "+",
        # The database's clock, by which the triggers stamp a change.
        history_date=row.updated_at,
        history_user_id=name,
        history_change_reason=reason,
        secret_changed=has_secrets and any(getattr(old, each) != getattr(row, each) for each in SECRETS),
    )
