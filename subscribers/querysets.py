"""The words for sets of subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    from subscribers.models import Subscriber

#: What is longer is no id: the databases' integers end there.
MAX_ID_DIGITS = 19


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def existing(self) -> SubscriberQuerySet:
        return self.filter(deleted_at__isnull=True)

    def active(self) -> SubscriberQuerySet:
        return self.existing().filter(state="active")

    def paused(self) -> SubscriberQuerySet:
        return self.existing().filter(state="paused")

    def called(self, name_or_id: str) -> Subscriber | None:
        """The existing one with this id, or else with this name: whoever has a number for a name has an id as well."""
        is_id = name_or_id.isascii() and name_or_id.isdigit() and len(name_or_id) < MAX_ID_DIGITS
        found = self.existing().filter(pk=int(name_or_id)).first() if is_id else None
        return found or (self.existing().filter(name=name_or_id).first() if name_or_id else None)

    def pause(self, reason: str) -> int:
        """Pauses the active ones; returns how many."""
        return self.active().update(state="paused", state_reason=reason)

    def resume(self) -> int:
        """Makes the paused ones active; returns how many. Their held deliveries are released by the dispatch app."""
        return self.paused().update(state="active", state_reason="")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Deletes softly; returns what Django's own delete returns."""
        count = self.existing().update(deleted_at=Now())
        return count, {self.model._meta.label: count}

    # Not on the manager: `Subscriber.objects.delete()` would delete all, without a word that says so.
    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]
