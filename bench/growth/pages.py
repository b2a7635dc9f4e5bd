"""The admin's lists, each as an operator calls it: plain, filtered, searched, and at its last page."""

from django.contrib.admin import site
from django.db.models import Model
from django.urls import reverse

from dispatch.admin.ledger import REACH, LedgerAdmin
from dispatch.models import Attempt, Delivery, Event

PROJECT = ("dispatch", "subscribers")


def pages() -> dict[str, str]:
    """URLs by name: every list that is registered, and what the lists of the ledger are asked for."""
    plain = {
        options.verbose_name_plural: reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        for options in (model._meta for model in site._registry)
        if options.app_label in PROJECT
    }
    return {str(name): url for name, url in plain.items()} | _of_deliveries() | _of_events() | _of_attempts()


def _of_deliveries() -> dict[str, str]:
    newest = Delivery.objects.order_by("-id").values("id", "event_id", "subscriber_id").first() or {}
    asked = {f"deliveries, {state}": {"state__exact": state} for state in Delivery.State.values}
    asked |= {
        "deliveries of a subscriber": {"subscriber": newest["subscriber_id"]},
        "deliveries of an event": {"event": newest["event_id"]},
        "deliveries, by id": {"q": newest["id"]},
        "deliveries, by event id": {"q": newest["event_id"]},
        "deliveries, by a subscriber's name": {"q": "billing"},
        "deliveries, last page": {"p": _last_page(Delivery)},
    }
    return {name: reverse("admin:dispatch_delivery_changelist", query=query) for name, query in asked.items()}


def _of_events() -> dict[str, str]:
    event = Event.objects.order_by("id").first()
    assert event  # noqa: S101 - the ledger was filled
    asked = {
        "events of a topic": {"topic": event.topic},
        "events, by topic": {"q": event.topic},
        "events, by id": {"q": event.pk},
        "events, last page": {"p": _last_page(Event)},
    }
    lists = {name: reverse("admin:dispatch_event_changelist", query=query) for name, query in asked.items()}
    return lists | {"an event": reverse("admin:dispatch_event_change", args=[event.pk])}


def _of_attempts() -> dict[str, str]:
    delivery = Delivery.objects.filter(state="delivered").order_by("id").first()
    assert delivery  # noqa: S101 - the ledger was filled
    asked = {"attempts of a delivery": {"q": delivery.pk}, "attempts, last page": {"p": _last_page(Attempt)}}
    lists = {name: reverse("admin:dispatch_attempt_changelist", query=query) for name, query in asked.items()}
    return lists | {"a delivery": reverse("admin:dispatch_delivery_change", args=[delivery.pk])}


def _last_page(model: type[Model]) -> int:
    return -(-model._default_manager.all()[:REACH].count() // LedgerAdmin.list_per_page)
