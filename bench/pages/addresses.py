"""Every page of the admin as an operator calls it: the lists of `bench.growth`, and all that is no list."""

from django.urls import reverse

from bench.growth.pages import pages
from dispatch.models import Alert, ApiKey, Attempt, Delivery, Event, Replay
from subscribers.models import Subscriber

Addresses = dict[str, str]


def addresses() -> Addresses:
    """URLs by name."""
    return _overviews() | _news() | pages() | _of_a_subscriber() | _of_replays() | _of_rows()


def _overviews() -> Addresses:
    dashboards = {f"dashboard, {span}": reverse("admin:index", query={"span": span}) for span in ("hour", "day")}
    maps = {f"flow map, {span}": reverse("flow_map", query={"span": span}) for span in ("hour", "day", "week")}
    return dashboards | maps | {"dashboard, a refresh": reverse("dashboard_fragment"), "storage": reverse("storage")}


def _news() -> Addresses:
    first = Delivery.objects.order_by("-id")[500].pk
    newer = "admin:dispatch_delivery_newer"
    return {
        "what is new": reverse(newer, query={"first": first}),
        "what is new and dead": reverse(newer, query={"first": first, "state": "dead"}),
    }


def _of_a_subscriber() -> Addresses:
    """The one whose history is long, which is on a busy topic as well."""
    subscriber = Subscriber.objects.earliest("pk")
    oldest = Subscriber.history.filter(id=subscriber.pk).earliest("history_id")
    event = Event.objects.filter(topic=subscriber.topic).latest("pk")
    paused = Subscriber.objects.filter(state="paused").earliest("pk")
    of_it = {
        "a subscriber": reverse("admin:subscribers_subscriber_change", args=[subscriber.pk]),
        "history of a subscriber": reverse("admin:subscribers_subscriber_history", args=[subscriber.pk]),
        "a revert": reverse("admin:subscribers_subscriber_revert", args=[subscriber.pk, oldest.pk]),
        "deletion of a subscriber": reverse("admin:subscribers_subscriber_delete", args=[subscriber.pk]),
        "resume of a paused one": reverse("admin:subscribers_subscriber_resume", args=[paused.pk]),
        "why not, by a filter": reverse("why_not", query={"event": event.pk, "subscriber": subscriber.pk}),
    }
    return of_it | {
        "subscribers of a topic": reverse("admin:subscribers_subscriber_changelist", query={"q": subscriber.topic}),
        "a new subscriber": reverse("admin:subscribers_subscriber_add"),
        "topics, as one types": reverse("suggest_topics", query={"q": "topic-1"}),
        "subscribers, as one types": reverse("suggest_subscribers", query={"q": "1"}),
        "import and export": reverse("admin:subscribers_subscriber_files"),
    }


def _of_replays() -> Addresses:
    new = "admin:dispatch_replay_new"
    return {
        "a new replay": reverse(new),
        "a new replay, counted": reverse(new, query={"state": "dead"}),
        "a new replay of all that arrived, counted": reverse(new, query={"state": "delivered"}),
        "a replay": reverse("admin:dispatch_replay_change", args=[Replay.objects.earliest("pk").pk]),
    }


def _of_rows() -> Addresses:
    return {
        "an attempt": reverse("admin:dispatch_attempt_change", args=[Attempt.objects.earliest("pk").pk]),
        "alerts of a kind": reverse("admin:dispatch_alert_changelist", query={"kind": "failing", "state": "over"}),
        "an alert": reverse("admin:dispatch_alert_change", args=[Alert.objects.earliest("pk").pk]),
        "an API key": reverse("admin:dispatch_apikey_change", args=[ApiKey.objects.earliest("pk").pk]),
        "a new API key": reverse("admin:dispatch_apikey_add"),
    }
