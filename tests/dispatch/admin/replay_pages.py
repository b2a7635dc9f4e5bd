"""The addresses of the admin's pages about replays, and the two posts that ask for one."""

from typing import Any

from django.test import Client
from django.urls import reverse

from dispatch.models import Replay

NEW = reverse("admin:dispatch_replay_new")
LIST = reverse("admin:dispatch_replay_changelist")
DELIVERIES = reverse("admin:dispatch_delivery_changelist")
MATCHING = reverse("admin:dispatch_delivery_replay_matching")


def page(replay: Replay) -> str:
    return reverse("admin:dispatch_replay_change", args=[replay.pk])


def confirmed(client: Client, **criteria: Any) -> Any:
    """Counts, and then posts what the page with the count would."""
    counted = client.post(NEW, criteria)
    assert counted.context["counted"], counted.context["form"].errors
    return client.post(NEW, criteria | {"counted_for": counted.context["form"].criteria})
