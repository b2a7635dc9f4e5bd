"""Where in the admin something of the hub is found: links to lists with their filters."""

from datetime import datetime
from typing import Any

from django.urls import reverse

#: Parts of the dashboard itself.
PARTS = ("breakers", "held", "failures", "dead")


def place_url(place: str) -> str:
    """Of a place that the dashboard's headline names: a number is a subscriber's."""
    if place.isdigit():
        return subscriber_url(int(place))
    if place in PARTS:
        return f"#{place}"
    return {
        "consumers": reverse("admin:dispatch_consumer_changelist"),
        "events": reverse("admin:dispatch_event_changelist"),
        "overdue": deliveries_url(state__exact="pending"),
        "storage": reverse("storage"),
    }[place]


def subscriber_url(subscriber_id: int) -> str:
    return reverse("admin:subscribers_subscriber_change", args=[subscriber_id])


def deliveries_url(**query: Any) -> str:
    return reverse("admin:dispatch_delivery_changelist", query=query)


def delivery_url(delivery_id: object) -> str:
    return reverse("admin:dispatch_delivery_change", args=[delivery_id])


def events_url(topic: str) -> str:
    return reverse("admin:dispatch_event_changelist", query={"topic": topic})


def replay_url(subscriber_id: int, since: datetime | None = None) -> str:
    """The form that replays the subscriber's dead deliveries, counted before it is confirmed."""
    span = {"since": since.strftime("%Y-%m-%dT%H:%M")} if since else {}
    return reverse("admin:dispatch_replay_new", query={"subscriber": subscriber_id, "state": "dead", **span})
