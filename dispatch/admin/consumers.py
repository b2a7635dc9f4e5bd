"""Consumers in the admin: which processes deliver, and whether they live."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from dispatch.admin.ledger import LedgerAdmin
from dispatch.models import Consumer
from dispatch.reconciliation import HEARTBEAT_STALE
from dispatch.shown.times import shown_time


@admin.register(Consumer)
class ConsumerAdmin(LedgerAdmin):
    ordering = ("-beat_at",)
    list_before_template = None
    empty_text = "No consumer is running: start one with manage.py run_consumer."
    list_display = ("__str__", "shown_state", "queue", "in_flight", "concurrency", "delivered", "started", "beat")
    fields = ("host", "process_id", "queue", "concurrency", "in_flight", "delivered", "started_at", "beat_at")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """By their signs of life, and few: no cursor goes through them."""
        return ChangeList

    @display(description="Started")
    def started(self, consumer: Consumer) -> str:
        return shown_time(consumer.started_at)

    @display(description="Sign of life")
    def beat(self, consumer: Consumer) -> str:
        return shown_time(consumer.beat_at)

    @display(description="State", label={"works": "success", "stops": "warning", "lost": "danger"})
    def shown_state(self, consumer: Consumer) -> tuple[str, str]:
        if timezone.now() - consumer.beat_at > HEARTBEAT_STALE:
            return "lost", "No sign of life"
        return ("stops", "Stops") if consumer.is_stopping else ("works", "Works")
