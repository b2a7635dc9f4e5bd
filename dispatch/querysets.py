"""The words for sets of deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from dispatch.models import Delivery  # noqa: F401 - named in the base class's parameter


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        return self.filter(state="pending", due_at__lte=now)

    def waiting(self) -> DeliveryQuerySet:
        return self.filter(state__in=("pending", "claimed", "held"))

    def held(self) -> DeliveryQuerySet:
        return self.filter(state="held")

    def by_state(self) -> dict[str, int]:
        """How many are in each state; states without any are left out."""
        return dict(self.order_by().values_list("state").annotate(count=models.Count("pk")))
