"""What all lists and pages of the ledger share: nothing is edited, and no table is ever counted or read as a whole."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from unfold.admin import ModelAdmin

#: How deep a list can be paged; what is older is found by search and filters.
REACH = 10_000


class ReachPaginator(Paginator):
    """Counts up to REACH rows and pages through those, so that a list costs the same however long the table is."""

    template_name = "dispatch/admin/pagination.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment] # lists of the admin are querysets
        return rows[:REACH].count()

    @property
    def is_cut(self) -> bool:
        return self.count == REACH


class LedgerAdmin(ModelAdmin):
    """A read-only list, newest first, and its pages."""

    paginator = ReachPaginator
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    list_fullwidth = True
    list_filter_sheet = False
    list_disable_select_all = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_replay_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is edited, but who may change deliveries may have them sent again."""
        return request.user.has_perm("dispatch.change_delivery")


class PointedFilter(admin.SimpleListFilter):
    """A filter that only a link sets: it shows what it was set to, and lets the operator take it off."""

    model: type[Model]
    field: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get(self.parameter_name or "")
        return [(value, str(self._pointed(value) or value))] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        pointed = self._pointed(value)
        return queryset.filter(**{self.field: pointed.pk}) if pointed else queryset.none()

    def _pointed(self, value: str) -> Model | None:
        try:
            return self.model._default_manager.filter(pk=value).first()
        except (ValidationError, ValueError):
            return None


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def link(instance: Model | None, text: object = None) -> str:
    """A link to the instance's page in the admin."""
    if instance is None:
        return "—"
    options = instance._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[instance.pk])
    return format_html('<a class="switch-link" href="{}">{}</a>', url, instance if text is None else text)


def short(identifier: UUID) -> str:
    """The end of an id, which tells it from others; the beginning is its time."""
    return format_html('<code title="{}">…{}</code>', identifier, str(identifier)[-8:])


def badge(state: str, text: str) -> str:
    return format_html('<span class="switch-state switch-{}">{}</span>', state, text)


def code(text: str) -> str:
    """A block of text that keeps its lines."""
    return format_html('<pre class="switch-code">{}</pre>', text) if text else "—"
