"""The page behind "Replay all that match this filter" in the list of deliveries, however many pages they fill."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from dispatch.admin.ledger import LedgerAdmin
from dispatch.models import Delivery
from dispatch.models.delivery import SETTLED
from dispatch.replaying import Replayed, replay
from subscribers.models import Subscriber

#: What a filter matches that a replay has no criteria for, such as an event, is replayed at once: up to so many.
AT_ONCE = 1_000
#: Filters that are criteria of a replay as well.
CRITERIA = {"state__exact": "state", "subscriber": "subscriber"}
OTHERS = ("event", "replay")


def replay_matching(deliveries: LedgerAdmin, request: HttpRequest) -> HttpResponse:
    """Any number by a replay of its own, where the filter's words are criteria of one; else a few, at once."""
    if not deliveries.has_replay_permission(request):
        raise PermissionDenied
    if not any(request.GET.get(name) for name in (*CRITERIA, *OTHERS, "q")):
        return _back(request, "Filter the list first: to replay everything there is would hardly be meant.")
    if criteria := as_criteria(request.GET):
        return redirect(reverse("admin:dispatch_replay_new", query=criteria))
    return _replay_at_once(deliveries, request)


def _replay_at_once(deliveries: LedgerAdmin, request: HttpRequest) -> HttpResponse:
    ids = _matching(deliveries, request)
    if not ids:
        return _back(request, "Nothing that is settled matches this filter.")
    if len(ids) > AT_ONCE:
        reason = f"More than {AT_ONCE:,} match. Replay them by subscriber, topic, state or time span, under Replays."
        return _back(request, reason)
    if request.method == "POST":
        tell(request, replay(ids, request.user.get_username()))
        return redirect("admin:dispatch_delivery_changelist")
    context = {**deliveries.admin_site.each_context(request), "opts": Delivery._meta, "title": "Replay deliveries"}
    return render(request, "dispatch/admin/replay_at_once.html", context | {"count": len(ids)})


def _matching(deliveries: LedgerAdmin, request: HttpRequest) -> list[UUID]:
    """The settled ones that the list shows, one more than can be replayed at once."""
    try:
        found = deliveries.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return []
    return list(found.filter(state__in=SETTLED).order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])


def _back(request: HttpRequest, reason: str) -> HttpResponse:
    messages.warning(request, reason)
    return redirect(reverse("admin:dispatch_delivery_changelist", query=request.GET))


def as_criteria(query: QueryDict) -> dict[str, Any]:
    """The filter as criteria of a replay; empty if it says something that a replay has no criteria for."""
    found = {criterion: query[name] for name, criterion in CRITERIA.items() if query.get(name)}
    named = query.get("q", "").strip()
    is_name = bool(named) and Subscriber.objects.filter(name=named).exists()
    if any(query.get(name) for name in OTHERS) or (named and not is_name) or (named and "subscriber" in found):
        return {}
    return found | ({"subscriber": named} if named else {})


def tell(request: HttpRequest, replayed: Replayed) -> None:
    if replayed.deliveries:
        messages.success(request, f"Replayed: {len(replayed.deliveries)}.")
    for reason, count in replayed.refused.items():
        messages.warning(request, f"Not replayed: {count}, {reason}.")
