"""Sign-in to the admin: too many failures of one user from one address lock that pair for a while (django-axes)."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def client_address(request: HttpRequest) -> str | None:
    """Where the request comes from; None if that is no address, as on a Unix socket.

    X-Forwarded-For counts only where SWITCH_HTTPS says that a proxy is in front, and only its last entry: that is what
    the proxy itself has seen, all before it is what the client says of itself.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.SWITCH_HTTPS else ""
    last = forwarded.rpartition(",")[2]
    return _as_address(last) or _as_address(request.META.get("REMOTE_ADDR", ""))


def _as_address(text: str) -> str | None:
    try:
        found = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found).partition("%")[0]


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The page instead of the sign-in's answer; it says when to try again."""
    username = str((credentials or {}).get("username") or "")
    until = locked_until(username, client_address(request))
    context = {
        **admin.site.each_context(request),
        "title": "Sign-in is locked",
        "username": username,
        "until": until,
        "minutes": max(1, -(-int((until - timezone.now()).total_seconds()) // 60)),
    }
    answer = render(request, "switchsite/locked_out.html", context, status=429)
    answer["Retry-After"] = str(max(1, int((until - timezone.now()).total_seconds())))
    return answer


def locked_until(username: str, address: str | None) -> datetime:
    """When the user may try again from the address; tries while it is locked do not put that off."""
    last = AccessAttempt.objects.filter(username=username, ip_address=address).order_by("-attempt_time").first()
    began = last.attempt_time if last else timezone.now()
    until: datetime = began + settings.AXES_COOLOFF_TIME
    return until
