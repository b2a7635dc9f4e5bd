"""The admin's lists, each as an operator calls it: plain, filtered, searched, and at its last page."""

from django.contrib.admin import site
from django.db.models import Model
from django.urls import reverse

from dispatch.models import Attempt, Delivery, Event
from switchsite import urls  # noqa: F401 - they register the lists

PROJECT = ("dispatch", "subscribers")
PAGE = 50


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
    topic, day = Event.objects.values_list("topic", "received_at").latest("pk")
    asked: dict[str, dict[str, object]] = {
        f"deliveries, {state}": {"state__exact": state} for state in Delivery.State.values
    }
    asked |= {
        "deliveries of a subscriber": {"subscriber": newest["subscriber_id"]},
        "deliveries of an event": {"event": newest["event_id"]},
        "deliveries, by id": {"q": newest["id"]},
        "deliveries, by event id": {"q": newest["event_id"]},
        "deliveries, by a subscriber's name": {"q": "billing"},
        "deliveries, last page": _last_page(Delivery),
        "deliveries on a topic": {"topic": topic},
        "deliveries of a subscriber in a state": {"subscriber": newest["subscriber_id"], "state": "dead"},
        "deliveries with a status": {"status": "5xx"},
        "deliveries with a status that none has": {"status": "418"},
        "deliveries with an error": {"error": "dns"},
        "dead deliveries with an error": {"state": "dead", "error": "dns"},
        "deliveries of a day": {"day": f"{day:%Y-%m-%d}"},
        "deliveries of a subscriber, a topic and a day": {
            "subscriber": newest["subscriber_id"],
            "topic": topic,
            "day": f"{day:%Y-%m-%d}",
        },
    }
    return {name: reverse("admin:dispatch_delivery_changelist", query=query) for name, query in asked.items()}


def _of_events() -> dict[str, str]:
    event = Event.objects.order_by("id").first()
    assert event  # noqa: S101 - the ledger was filled
    asked: dict[str, dict[str, object]] = {
        "events of a topic": {"topic": event.topic},
        "events, by topic": {"q": event.topic},
        "events, by id": {"q": event.pk},
        "events of a day": {"day": f"{event.received_at:%Y-%m-%d}"},
        "events of an author": {"author": "nobody"},
        "events, last page": _last_page(Event),
    }
    lists = {name: reverse("admin:dispatch_event_changelist", query=query) for name, query in asked.items()}
    return lists | {"an event": reverse("admin:dispatch_event_change", args=[event.pk])}


def _of_attempts() -> dict[str, str]:
    delivery = Delivery.objects.filter(state="delivered").order_by("id").first()
    assert delivery  # noqa: S101 - the ledger was filled
    asked: dict[str, dict[str, object]] = {
        "attempts of a delivery": {"q": delivery.pk},
        "attempts with a status": {"status": "418"},
        "attempts on a topic": {"topic": "none such"},
        "attempts of a subscriber": {"subscriber": delivery.subscriber_id},
        "attempts of a day": {"day": f"{delivery.created_at:%Y-%m-%d}"},
        "attempts, last page": _last_page(Attempt),
    }
    lists = {name: reverse("admin:dispatch_attempt_changelist", query=query) for name, query in asked.items()}
    asking = reverse("why_not", query={"event": delivery.event_id, "subscriber": delivery.subscriber_id})
    return lists | {"a delivery": reverse("admin:dispatch_delivery_change", args=[delivery.pk]), "why not": asking}


def _last_page(model: type[Model]) -> dict[str, object]:
    return {"before": model._default_manager.order_by("pk").values_list("pk", flat=True)[PAGE]}
