"""How far the release of a backlog is: what was held for a subscriber goes out once it is active again."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from dispatch.models import Delivery
from dispatch.resuming import COUNTED, Backlog, backlog
from subscribers.models import Subscriber


def told_backlog(held: Backlog) -> str:
    """Such as: 1,204 (the subscriber is paused), 3 (the subscriber's rate limit is reached)."""
    counts = ((f"{COUNTED:,}+" if count > COUNTED else f"{count:,}", reason) for reason, count in held.counts.items())
    return ", ".join(f"{count} ({Delivery.Reason(reason).label})" for count, reason in counts)


def shown_release(subscriber_id: int, held: Backlog) -> str:
    """A bar that progress.js keeps up to date. It measures against the most that it has seen: nothing is written."""
    context = {
        "url": reverse("admin:subscribers_subscriber_held", args=[subscriber_id]),
        "left": held.count,
        "text": f"{held.told} left to send",
        "label": "Progress of the backlog",
    }
    return render_to_string("dispatch/admin/progress.html", context)


def release_view(subscribers: Any, request: HttpRequest, subscriber_id: int) -> JsonResponse:
    """For those who may see subscribers."""
    if not subscribers.has_view_permission(request):
        raise PermissionDenied
    held = backlog(subscriber_id)
    is_paused = Subscriber.objects.paused().filter(pk=subscriber_id).exists()
    text = f"{held.told} left to send"
    return JsonResponse({"is_over": is_paused or not held.count, "percent": None, "left": held.count, "text": text})
