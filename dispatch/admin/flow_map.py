"""The flow map: publishers, their topics, and the subscribers that hear of them, as a picture and as tables."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from dispatch.admin.places import events_url, subscriber_url
from dispatch.dashboard.flows import SPANS, Flows, flows
from dispatch.dashboard.mapping import BUSIEST, PUBLISHERS, SUBSCRIBERS, TOPICS, Key, Map, draw
from dispatch.ledger.standing import never_matched
from dispatch.quantities import quantity
from subscribers.models import Subscriber

#: The part of an answer's time that may go into adding up the past; what is left is for the next refresh.
ADDING_UP_SECONDS = 0.15
#: Topics heard by nobody and subscribers that never matched that are listed; of the latter so many are in the picture.
LISTED, DRAWN = 50, 10
NOBODY = "(no name)"
COLUMNS = ("publishers", "topics", "subscribers")

Names = dict[int, str]


@admin.site.admin_view
def flow_map_view(request: HttpRequest) -> HttpResponse:
    """The whole page, or with `part` what of it keeps itself up to date."""
    if not request.user.has_perm("dispatch.view_delivery"):
        raise PermissionDenied
    span = request.GET.get("span", "day")
    found = texts(span if span in SPANS else "day")
    if "part" in request.GET:
        return TemplateResponse(request, "dispatch/admin/flow_tables.html", found)
    context = {**admin.site.each_context(request), "title": "Flow map", **found}
    return TemplateResponse(request, "dispatch/admin/flow_map.html", context)


def texts(span: str) -> dict[str, Any]:
    """Costs the same however long the ledger is."""
    now = timezone.now()
    found = flows(span, now, ADDING_UP_SECONDS)
    drawn = draw(found)
    silent = never_matched(LISTED + 1)
    names = _names(drawn, silent)
    return {
        "span": span,
        "spans": list(SPANS),
        "now": now,
        "since": found.since,
        "missing_hours": int(found.missing.total_seconds() // 3600),
        "picture": _picture(drawn, found, names, silent),
        "published": [_row(drawn, pair, names) for pair in _pairs(drawn, PUBLISHERS)],
        "sent": [_row(drawn, pair, names) for pair in _pairs(drawn, TOPICS)],
        "unheard": [(topic, f"{count:,}", events_url(topic)) for topic, count in list(found.unheard.items())[:LISTED]],
        "more_unheard": max(0, len(found.unheard) - LISTED),
        "silent": [(names.get(each, "—"), subscriber_url(each)) for each in silent[:LISTED]],
        "is_more_silent": len(silent) > LISTED,
        "busiest": BUSIEST,
    }


def _names(drawn: Map, silent: list[int]) -> Names:
    ids = {key.name for key in drawn.nodes if key.column == SUBSCRIBERS and key.name is not None} | set(silent)
    found = Subscriber.objects.filter(pk__in=ids).only("name", "topic", "target_url", "deleted_at")
    return {each.pk: f"{each} (deleted)" if each.deleted_at else str(each) for each in found}


def _picture(drawn: Map, found: Flows, names: Names, silent: list[int]) -> dict[str, Any]:
    """What the script draws. Nodes are told by their place in the list."""
    keys = list(drawn.nodes)
    nodes = [_node(drawn, key, names, is_unheard=key.name in found.unheard) for key in keys]
    nodes += [
        {"key": f"subscriber-{each}", "column": SUBSCRIBERS, "url": subscriber_url(each), "isSilent": True}
        | {"name": names.get(each, "—"), "title": f"{names.get(each, '—')}: has never matched an event"}
        for each in silent[:DRAWN]
    ]
    places = {key: place for place, key in enumerate(keys)}
    links = [
        {"source": places[source], "target": places[target], "value": value, "isFailed": is_failed, "title": title}
        for (source, target), volume in drawn.links.items()
        for value, is_failed, title in _strands(
            _title(drawn, source, names), _title(drawn, target, names), volume, source
        )
    ]
    return {"nodes": nodes, "links": links}


def _strands(source: str, target: str, volume: Any, key: Key) -> list[tuple[int, bool, str]]:
    """A link; what failed of it is one of its own."""
    between = f"{source} → {target}"
    if key.column == PUBLISHERS:
        return [(volume.count, False, f"{between}: {quantity(volume.count, 'event')}")]
    arrived = volume.count - volume.part
    strands = [
        (arrived, False, f"{between}: {arrived:,} arrived"),
        (volume.part, True, f"{between}: {volume.part:,} failed"),
    ]
    return [strand for strand in strands if strand[0]]


def _node(drawn: Map, key: Key, names: Names, *, is_unheard: bool) -> dict[str, Any]:
    volume = drawn.nodes[key]
    is_unheard = is_unheard and key.column == TOPICS
    said = "heard by nobody" if is_unheard else f"{quantity(volume.count, 'try', 'tries')}, {volume.part:,} failed"
    said = quantity(volume.count, "event") if key.column == PUBLISHERS else said
    title = _title(drawn, key, names)
    return {
        "key": f"{COLUMNS[key.column]}-{key.name}",
        "column": key.column,
        "name": title,
        "url": _url(key),
        "title": f"{title}: {said}",
        "isUnheard": is_unheard,
        "isFailing": key.column != PUBLISHERS and volume.part * 2 > volume.count,
    }


def _title(drawn: Map, key: Key, names: Names) -> str:
    if key.name is None:
        rest = drawn.rest[key.column]
        return f"{rest:,} other {COLUMNS[key.column]}" if rest else f"other {COLUMNS[key.column]}"
    return names.get(int(key.name), "—") if key.column == SUBSCRIBERS else str(key.name) or NOBODY


def _url(key: Key) -> str:
    """A publisher has no page of its own, and what is summed has none: their rows of the table are shown."""
    if key.name is None or key.column == PUBLISHERS:
        return "#sent" if key.column == SUBSCRIBERS else "#published"
    return subscriber_url(int(key.name)) if key.column == SUBSCRIBERS else events_url(str(key.name))


def _pairs(drawn: Map, column: int) -> list[tuple[Key, Key]]:
    """The links that begin in the column, the busiest first."""
    found = [ends for ends in drawn.links if ends[0].column == column]
    return sorted(found, key=lambda ends: -drawn.links[ends].count)


def _row(drawn: Map, ends: tuple[Key, Key], names: Names) -> dict[str, Any]:
    volume = drawn.links[ends]
    return {
        "key": f"{ends[0].name}-{ends[1].name}",
        "source": (_title(drawn, ends[0], names), _url(ends[0])),
        "target": (_title(drawn, ends[1], names), _url(ends[1])),
        "count": f"{volume.count:,}",
        "part": f"{volume.part:,}",
    }
