"""The ledger's size in the admin: what it holds, what room that takes, and what goes next."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Media
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils import timezone

from dispatch.ledger.size import TableSize
from dispatch.shown.times import TIMES, shown_time
from dispatch.storage import Kept, Storage, storage

SCRIPTS: list[Any] = [TIMES]  # the stubs know of plain paths only
NAMES = {
    "event": "Events",
    "delivery": "Deliveries",
    "attempt": "Attempts",
    "attempt_counter": "Counters of attempts, by minute",
    "event_counter": "Counters of events, by minute",
    "delay_counter": "Counters of delays, by minute",
}
KINDS = {
    "delivered": "Delivered deliveries",
    "dead": "Dead deliveries",
    "cancelled": "Cancelled deliveries",
    "events": "Events",
}


@admin.site.admin_view
def storage_view(request: HttpRequest) -> HttpResponse:
    """For those who may see events."""
    if not request.user.has_perm("dispatch.view_event"):
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": "Storage", **_texts(storage())}
    return TemplateResponse(request, "dispatch/admin/storage.html", context)


def _texts(found: Storage) -> dict[str, Any]:
    return {
        "tables": [_table(table) for table in found.tables],
        "has_bytes": any(table.bytes is not None for table in found.tables),
        "facts": _facts(found),
        "kept": [_kept(kept) for kept in found.kept],
        "pruned_at": _time(found.pruned_at) if found.pruned_at else "",
        "media": Media(js=SCRIPTS),
    }


def _table(table: TableSize) -> tuple[str, str, str]:
    about = "" if table.is_exact else "about "
    return NAMES[table.name], f"{about}{table.rows:,}", "" if table.bytes is None else filesizeformat(table.bytes)


def _facts(found: Storage) -> list[tuple[str, str]]:
    facts = [("The database takes", _limited(found.database_bytes, settings.SWITCH_MAX_DATABASE_BYTES, "at most"))]
    if found.reusable_bytes is not None:
        facts.append(("Room in its file for new rows", filesizeformat(found.reusable_bytes)))
    if found.free_disk_bytes is not None:
        least = settings.SWITCH_MIN_FREE_DISK_BYTES
        facts.append(("Free on its disk", _limited(found.free_disk_bytes, least, "at least")))
    return [*facts, ("Oldest event", _time(found.oldest_event))]


def _limited(size: int, limit: int, word: str) -> str:
    """The size, and the limit at which publishes are refused."""
    return f"{filesizeformat(size)} ({word} {filesizeformat(limit)})" if limit else filesizeformat(size)


def _kept(kept: Kept) -> tuple[str, str, str, str, str]:
    days = f"{kept.days} day{'s' if kept.days != 1 else ''}" if kept.days else "for ever"
    removable = f"{kept.removable:,}{' or more' if kept.is_more else ''}"
    return KINDS[kept.kind], days, _time(kept.oldest), removable, _next(kept)


def _next(kept: Kept) -> str:
    if not kept.days or not kept.oldest:
        return "—"
    if kept.next_at is None:
        return "with its last delivery"
    return "now" if kept.next_at <= timezone.now() else _time(kept.next_at)


def _time(moment: datetime | None) -> str:
    return shown_time(moment, is_long=True)
