"""The words for sets of subscribers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models.functions import Now

from subscribers.records import CHUNK, is_recorded, recorded

if TYPE_CHECKING:
    from subscribers.models import Subscriber

#: What is longer is no id: the databases' integers end there.
MAX_ID_DIGITS = 19


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < MAX_ID_DIGITS


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def existing(self) -> SubscriberQuerySet:
        return self.filter(deleted_at__isnull=True)

    def deleted(self) -> SubscriberQuerySet:
        return self.filter(deleted_at__isnull=False)

    def active(self) -> SubscriberQuerySet:
        return self.existing().filter(state="active")

    def paused(self) -> SubscriberQuerySet:
        return self.existing().filter(state="paused")

    def called(self, name_or_id: str) -> Subscriber | None:
        """The existing one with this id, or else with this name: whoever has a number for a name has an id as well."""
        found = self.existing().filter(pk=int(name_or_id)).first() if _is_id(name_or_id) else None
        return found or (self.existing().filter(name=name_or_id).first() if name_or_id else None)

    def ever_called(self, name_or_id: str) -> Subscriber | None:
        """The one with this id, deleted or not, or else the existing one with this name, or else the one with this name
        that was deleted last."""
        if found := self.filter(pk=int(name_or_id)).first() if _is_id(name_or_id) else None:
            return found
        deleted = self.deleted().filter(name=name_or_id).order_by("-deleted_at", "-pk")
        return self.called(name_or_id) or (deleted.first() if name_or_id else None)

    def pause(self, reason: str) -> int:
        """Pauses the active ones; returns how many."""
        return self.active().update(state="paused", state_reason=reason)

    def resume(self, **limits: Any) -> int:
        """Makes the paused ones active, under other `limits` if any are given; returns how many.

        Their held deliveries are released by the dispatch app.
        """
        return self.paused().update(state="active", state_reason="", **limits)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Deletes softly; returns what Django's own delete returns."""
        count = self.existing().update(deleted_at=Now())
        return count, {self.model._meta.label: count}

    def update(self, **values: Any) -> int:
        """Writes history as well; Django's `bulk_update` comes through here."""
        if not is_recorded(values):
            return super().update(**values)
        with transaction.atomic(using=self.db):
            return sum(self._update_recorded(ids, values) for ids in self._chunks())

    def _update_recorded(self, ids: list[int], values: dict[str, Any]) -> int:
        with recorded(self.model, ids):
            # Once more under the conditions of this set: another may have been quicker.
            return super(SubscriberQuerySet, self.filter(pk__in=ids)).update(**values)

    def _chunks(self) -> Iterator[list[int]]:
        ids = list(self.order_by().values_list("pk", flat=True))
        return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))

    def bulk_create(self, objs: Iterable[Subscriber], *args: Any, **kwargs: Any) -> list[Subscriber]:
        """Writes history as well."""
        made = list(objs)
        with transaction.atomic(using=self.db), recorded(self.model, [each.pk for each in made if each.pk], made):
            return super().bulk_create(made, *args, **kwargs)

    update.alters_data = True  # type: ignore[attr-defined]
    bulk_create.alters_data = True  # type: ignore[attr-defined]

    # Not on the manager: `Subscriber.objects.delete()` would delete all, without a word that says so.
    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]
