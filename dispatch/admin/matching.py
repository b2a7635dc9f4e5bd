"""The page behind "Replay all that match this filter" in the list of deliveries, however many pages they fill."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dispatch.admin.bars import DeliveryBar, day_span
from dispatch.admin.ledger import LedgerAdmin
from dispatch.admin.narrowing import Found
from dispatch.models import Delivery
from dispatch.models.delivery import REPLAYABLE_REASONS, SETTLED
from dispatch.replaying import Replayed, replay
from subscribers.models import Subscriber

#: What a filter matches that a replay has no criteria for, such as an event, is replayed at once: up to so many.
AT_ONCE = 1_000
#: Filters that are criteria of a replay as well; a day is its two ends.
CRITERIA = ("state", "subscriber", "topic", "status", "error", "reason", "day")


def replay_matching(deliveries: LedgerAdmin, request: HttpRequest) -> HttpResponse:
    """Any number by a replay of its own, where the filter's words are criteria of one; else a few, at once."""
    if not deliveries.has_replay_permission(request):
        raise PermissionDenied
    bar = DeliveryBar(request.GET)
    named = request.GET.get("q", "").strip()
    if not bar.data and not named:
        return _back(request, "Filter the list first: to replay everything there is would hardly be meant.")
    if _waits(bar):
        return _back(request, "Nothing that matches this filter can be replayed.")
    if bar.is_valid() and (criteria := as_criteria(bar, named)):
        return redirect(reverse("admin:dispatch_replay_new", query=criteria))
    return _replay_at_once(deliveries, request)


def _replay_at_once(deliveries: LedgerAdmin, request: HttpRequest) -> HttpResponse:
    found = _matching(deliveries, request)
    ids = [delivery.pk for delivery in found.rows][::-1]
    if found.looked_until is not None:
        return _back(
            request, "Too many rows would have to be looked through: name a subscriber, a state or a day as well."
        )
    if not ids:
        return _back(request, "Nothing that is settled matches this filter.")
    if len(ids) > AT_ONCE:
        reason = f"More than {AT_ONCE:,} match. Replay them under Replays, by what else they have in common."
        return _back(request, reason)
    if request.method == "POST":
        tell(request, replay(ids, request.user.get_username()))
        return redirect("admin:dispatch_delivery_changelist")
    context = {**deliveries.admin_site.each_context(request), "opts": Delivery._meta, "title": "Replay deliveries"}
    return render(request, "dispatch/admin/replay_at_once.html", context | {"count": len(ids)})


def _matching(deliveries: LedgerAdmin, request: HttpRequest) -> Found:
    """The settled ones that the list is about, one more than can be replayed at once."""
    try:
        found: Found = deliveries.get_changelist_instance(request).wanted(AT_ONCE + 1, Q(state__in=SETTLED))
    except IncorrectLookupParameters:
        return Found([])
    return found


def _back(request: HttpRequest, reason: str) -> HttpResponse:
    messages.warning(request, reason)
    return redirect(reverse("admin:dispatch_delivery_changelist", query=request.GET))


def _waits(bar: DeliveryBar) -> bool:
    """Whether the filter asks for a state or a reason of what cannot be replayed, for most because it still waits."""
    state, reason = bar.given.get("state"), bar.given.get("reason")
    return bar.is_valid() and bool((state and state not in SETTLED) or (reason and reason not in REPLAYABLE_REASONS))


def as_criteria(bar: DeliveryBar, named: str) -> dict[str, Any]:
    """The filter as criteria of a replay; empty if it says something that a replay has no criteria for."""
    given = {name: value for name, value in bar.given.items() if name in CRITERIA}
    is_name = bool(named) and Subscriber.objects.filter(name=named).exists()
    if given.keys() != bar.given.keys() or (named and not is_name) or (named and "subscriber" in given):
        return {}
    if given.pop("day", ""):
        begin, end = day_span(bar.cleaned_data["day"])
        given |= {"since": begin.isoformat(), "until": end.isoformat()}
    return given | ({"subscriber": named} if named else {})


def tell(request: HttpRequest, replayed: Replayed) -> None:
    if replayed.deliveries:
        messages.success(request, f"Replayed: {len(replayed.deliveries)}.")
    for reason, count in replayed.refused.items():
        messages.warning(request, f"Not replayed: {count}, {reason}.")
