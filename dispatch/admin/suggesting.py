"""Completes subscribers and topics while they are typed: a few of them, whatever the number there is."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse

from dispatch.models import Event
from dispatch.topics import known_topics, published_topics
from subscribers.models import Subscriber
from subscribers.querysets import MAX_ID_DIGITS

SUGGESTED = 20
#: Topics that are looked at behind the text: such as have it as their beginning follow one another.
WALKED = 40


@admin.site.admin_view
def suggest_subscribers(request: HttpRequest) -> JsonResponse:
    """With `deleted`, such as were deleted follow: by their ids, since others may have their names now."""
    _demand(request, "subscribers.view_subscriber")
    text = _text(request)
    found = [{"value": each.name or str(each.pk), "label": _told(each)} for each in subscribers_like(text)]
    if "deleted" in request.GET:
        found += [{"value": str(each.pk), "label": _told_deleted(each)} for each in deleted_like(text)]
    return JsonResponse({"results": found[:SUGGESTED]})


@admin.site.admin_view
def suggest_topics(request: HttpRequest) -> JsonResponse:
    """With `wanted`, topics and patterns of subscribers as well."""
    _demand(request, "dispatch.view_event")
    text = _text(request)
    found = _known_like(text) if "wanted" in request.GET else topics_like(text)
    return JsonResponse({"results": [{"value": topic} for topic in found]})


def subscribers_like(text: str) -> list[Subscriber]:
    """Existing ones whose name or topic begins with the text, or whose id it is; those with that name first."""
    return list(Subscriber.objects.existing().filter(_is_like(text)).order_by("name", "pk")[:SUGGESTED])


def deleted_like(text: str) -> list[Subscriber]:
    """Likewise, those that were deleted last first."""
    return list(Subscriber.objects.all().deleted().filter(_is_like(text)).order_by("-deleted_at", "-pk")[:SUGGESTED])


def _is_like(text: str) -> Q:
    wanted = Q(name__istartswith=text) | Q(topic__istartswith=text)
    if text.isascii() and text.isdigit() and len(text) < MAX_ID_DIGITS:
        wanted |= Q(pk=int(text))
    return wanted


def topics_like(text: str) -> list[str]:
    """Topics of events that begin with the text."""
    return _beginning(text, published_topics(WALKED, after=text), is_one=_is_published(text))


def _known_like(text: str) -> list[str]:
    """Topics of events or of subscribers that begin with the text."""
    is_one = _is_published(text) or Subscriber.objects.existing().filter(topic=text).exists()
    return _beginning(text, known_topics(WALKED, after=text), is_one=is_one)


def _is_published(topic: str) -> bool:
    return Event.objects.filter(topic=topic).exists()


def _beginning(text: str, behind: list[str], *, is_one: bool) -> list[str]:
    """Those that begin with the text, which first stands for itself if it `is_one`."""
    found = [topic for topic in behind if topic.startswith(text)]
    return [text, *found][:SUGGESTED] if is_one else found[:SUGGESTED]


def _told(subscriber: Subscriber) -> str:
    return f"{subscriber.topic} → {subscriber.target_url}"[:120]


def _told_deleted(subscriber: Subscriber) -> str:
    name = f"{subscriber.name} (deleted)" if subscriber.name else "(deleted)"
    return f"{name}: {_told(subscriber)}"[:120]


def _text(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:255]


def _demand(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
