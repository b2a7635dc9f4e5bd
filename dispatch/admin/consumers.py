"""Consumers in the admin: which processes deliver, and whether they live."""

from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display

from dispatch.admin.ledger import LedgerAdmin
from dispatch.models import Consumer
from dispatch.reconciliation import HEARTBEAT_STALE


@admin.register(Consumer)
class ConsumerAdmin(LedgerAdmin):
    ordering = ("-beat_at",)
    list_display = ("__str__", "shown_state", "queue", "in_flight", "concurrency", "delivered", "started_at", "beat_at")
    fields = ("host", "process_id", "queue", "concurrency", "in_flight", "delivered", "started_at", "beat_at")

    @display(description="State", label={"works": "success", "stops": "warning", "lost": "danger"})
    def shown_state(self, consumer: Consumer) -> tuple[str, str]:
        if timezone.now() - consumer.beat_at > HEARTBEAT_STALE:
            return "lost", "No sign of life"
        return ("stops", "Stops") if consumer.is_stopping else ("works", "Works")
