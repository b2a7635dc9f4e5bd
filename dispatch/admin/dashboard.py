"""The admin's first page: is the hub healthy, how much goes through it, and who fails."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dispatch import backpressure
from dispatch.admin import board
from dispatch.admin.places import place_url
from dispatch.dashboard.figures import ago, counted
from dispatch.dashboard.overview import names, overview
from dispatch.dashboard.standing import DEAD_LOOKED_AT, Standing, groups
from dispatch.dashboard.traffic import SPANS, Traffic
from dispatch.ledger.standing import LINES

#: The part of an answer's time that may go into adding up the past; what is left is for the next refresh.
ADDING_UP_SECONDS = 0.15


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold asks for before it shows the first page. Whoever may see no deliveries gets the list of apps."""
    return context | ({"title": "Dashboard", **texts(request)} if may_look(request) else {})


@admin.site.admin_view
def fragment(request: HttpRequest) -> HttpResponse:
    """The dashboard alone, for the page that keeps itself up to date."""
    if not may_look(request):
        raise PermissionDenied
    return render(request, "dispatch/admin/board.html", texts(request))


def may_look(request: HttpRequest) -> bool:
    return request.user.has_perm("dispatch.view_delivery")


def texts(request: HttpRequest) -> dict[str, Any]:
    """Costs the same however long the ledger is."""
    span = request.GET.get("span", "hour")
    span, now = (span if span in SPANS else "hour"), timezone.now()
    view = overview(span, now, ADDING_UP_SECONDS, backpressure.watcher().reached)
    stand, flowed = view.standing, view.traffic
    called = names(_listed(stand, flowed))
    return {
        "span": span,
        "spans": list(SPANS),
        "now": now,
        "headline": view.sentence,
        "is_grave": view.is_grave,
        "troubles": [(trouble.sentence, place_url(trouble.place)) for trouble in view.troubles],
        "alerts": board.alerts(view.alerts),
        "tiles": board.tiles(stand, flowed),
        "charts": board.drawn(flowed),
        "since": flowed.since,
        "missing_hours": -(-int(flowed.missing.total_seconds()) // 3600),
        "failures": board.failures(flowed.failures, stand, called),
        "more_failures": max(0, len(flowed.failures) - board.LISTED),
        "dead": board.dead(stand, called),
        "dead_looked_at": counted(len(stand.dead), DEAD_LOOKED_AT),
        "held": board.held(stand, called),
        "held_lines": LINES,
        "breakers": [board.breaker(health) for health in stand.breakers],
        "workers": board.workers(stand),
        "counted_for": ago(now - stand.counted_until),
        "can_replay": request.user.has_perm("dispatch.change_delivery"),
    }


def _listed(stand: Standing, flowed: Traffic) -> set[int]:
    """The subscribers that the tables name."""
    failing = {subscriber_id for subscriber_id, _ in list(flowed.failures)[: board.LISTED]}
    given_up = {group.subscriber_id for group in groups(stand.dead)[: board.LISTED]}
    return failing | given_up | {line.subscriber_id for line in stand.lines}
