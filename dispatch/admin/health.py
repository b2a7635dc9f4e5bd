"""How a subscriber does, on its page: its breaker, since when it fails, and what is held for it."""

from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from unfold.decorators import display

from dispatch.admin.history import HistoricSubscriberAdmin
from dispatch.admin.releasing import shown_release, told_backlog
from dispatch.models import Delivery, Health
from dispatch.resuming import Backlog, backlog
from dispatch.shown.times import shown_time
from subscribers.models import Subscriber

#: Times of the subscriber's own, which are shown as all others are.
TIMES_SHOWN = {
    "last_filter_error_at": "last_filter_error_shown",
    "created_at": "created_shown",
    "updated_at": "updated_shown",
}


def _health(subscriber: Subscriber) -> Health:
    """Without a row all is well."""
    return getattr(subscriber, "health", None) or Health(subscriber=subscriber, breaker=Health.Breaker.CLOSED)


def _backlog(subscriber: Subscriber) -> Backlog:
    """Counted once for each row that was read: the theme asks for a field's text several times a page."""
    remembered = vars(subscriber)
    if "held_backlog" not in remembered:
        remembered["held_backlog"] = backlog(subscriber.pk)
    held: Backlog = remembered["held_backlog"]
    return held


class HealthSubscriberAdmin(HistoricSubscriberAdmin):
    """Adds to a subscriber's page how it does, and tells its times as the pages of the ledger do."""

    readonly_fields = (
        *HistoricSubscriberAdmin.readonly_fields,
        *("shown_backlog", "shown_breaker", "failing_since", "last_change"),
        *TIMES_SHOWN.values(),
    )

    def get_fieldsets(self, request: Any, obj: Model | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not isinstance(obj, Subscriber):
            return fieldsets
        (_, state), *_, (_, seen) = fieldsets
        badge, *troubles = state["fields"]
        failing = ["failing_since"] if _health(obj).failing_since else []
        state["fields"] = (badge, "shown_backlog", "shown_breaker", *failing, *map(_shown, troubles))
        seen["fields"] = ("last_change", *map(_shown, seen["fields"]))
        return fieldsets

    @display(description="Held")
    def shown_backlog(self, subscriber: Subscriber) -> str:
        held = _backlog(subscriber)
        if held.since is None:
            return "nothing"
        query = {"subscriber": subscriber.pk, "state": Delivery.State.HELD.value}
        url = reverse("admin:dispatch_delivery_changelist", query=query)
        age = timesince(held.since)
        told = format_html('<a class="switch-link" href="{}">{}</a>, the oldest for {}', url, told_backlog(held), age)
        return told if subscriber.is_paused else format_html("{}<br>{}", told, shown_release(subscriber.pk, held))

    @display(description="Breaker")
    def shown_breaker(self, subscriber: Subscriber) -> str:
        health = _health(subscriber)
        if health.breaker == Health.Breaker.CLOSED:
            return "Closed: it does not keep failing." if subscriber.is_paused else "Closed: its events are sent."
        until = shown_time(health.open_until, is_long=True)
        if health.breaker == Health.Breaker.HALF_OPEN:
            told = "Half-open: one delivery is on its way to find out how it does, until {} at the latest."
            return format_html(told, until)
        told = "Open until {}: {}. What comes for it is held, and sent afterwards."
        return format_html(told, until, health.get_cause_display())

    @display(description="Failing since")
    def failing_since(self, subscriber: Subscriber) -> str:
        return shown_time(_health(subscriber).failing_since, is_long=True)

    @display(description="Last filter error at")
    def last_filter_error_shown(self, subscriber: Subscriber) -> str:
        return shown_time(subscriber.last_filter_error_at, is_long=True)

    @display(description="Created at")
    def created_shown(self, subscriber: Subscriber) -> str:
        return shown_time(subscriber.created_at, is_long=True)

    @display(description="Updated at")
    def updated_shown(self, subscriber: Subscriber) -> str:
        return shown_time(subscriber.updated_at, is_long=True)


def _shown(field: str) -> str:
    return TIMES_SHOWN.get(field, field)
