"""Lists that say how many rows are new, instead of moving under the operator's eyes."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model, UUIDField
from django.forms.widgets import Media, Script
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin

from dispatch.admin.ledger import as_id
from subscribers.querysets import MAX_ID_DIGITS

#: Up to so many are counted, among so many that are newer.
COUNTED, LOOKED_AT = 100, 10_000
ANNOUNCING: Any = Script("dispatch/announcing.js", type="module")  # the stubs know of plain paths only


class AnnouncingAdmin(ModelAdmin):
    """Mixed in before the list's own class. The ids of its rows sort by their time."""

    @property
    def media(self) -> Any:
        return super().media + Media(js=[ANNOUNCING])

    def get_urls(self) -> list[URLPattern]:
        options = self.model._meta
        view = self.admin_site.admin_view(partial(newer, self))
        return [path("newer/", view, name=f"{options.app_label}_{options.model_name}_newer"), *super().get_urls()]


def newer(listed: ModelAdmin, request: HttpRequest) -> JsonResponse:
    """How many rows the list's filter has behind the id `first`, up to COUNTED."""
    if not listed.has_view_permission(request):
        raise PermissionDenied
    query = request.GET.copy()
    first = _as_key(listed.model, str(query.pop("first", [""])[-1]))
    if first is None:
        return JsonResponse({"problem": "Say which id is the first that is shown."}, status=400)
    request.GET = query  # type: ignore[assignment] # what the list makes of it is its own filter
    return JsonResponse({"count": _count(listed, request, first), "most": COUNTED})


def _as_key(model: type[Model], text: str) -> UUID | int | None:
    """What a row's id is; the least there can be for 0, which an empty list says. None for what is no id."""
    if not isinstance(model._meta.pk, UUIDField):
        return int(text) if text.isascii() and text.isdigit() and len(text) < MAX_ID_DIGITS else None
    return UUID(int=0) if text == "0" else as_id(text)


def _count(listed: ModelAdmin, request: HttpRequest, first: UUID | int) -> int:
    rows = listed.model._default_manager.filter(pk__gt=first).order_by("pk")
    last = rows.values_list("pk", flat=True)[LOOKED_AT - 1 : LOOKED_AT].first()
    try:
        found = listed.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return 0
    newer = found.filter(pk__gt=first)
    return (newer.filter(pk__lte=last) if last else newer)[: COUNTED + 1].count()  # type: ignore[no-any-return]
