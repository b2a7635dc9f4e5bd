"""Where in the admin something of the hub is found: links to lists with their filters."""

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


def replay_url(**query: Any) -> str:
    """Of all that the list of deliveries shows by this filter; what it is about is counted before it is confirmed."""
    return reverse("admin:dispatch_delivery_replay_matching", query=query)
