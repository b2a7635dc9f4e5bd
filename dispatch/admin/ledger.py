"""What all lists share: no table is ever counted or read as a whole. And the pages of the ledger: nothing is edited."""

from typing import Any
from uuid import UUID

from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from dispatch.admin.bars import LedgerBar
from dispatch.admin.lists import LedgerChangeList
from dispatch.shown.times import TIMES, ModuleScript


class CursorAdmin(ModelAdmin):
    """A list, newest first, that is narrowed by the bar above it and goes from page to page by a cursor."""

    bar_class: type[LedgerBar]
    empty_text = "Nothing is here yet."
    ordering = ("-id",)
    #: Those with an index that has the id behind them; headers of others are no links.
    sortable_by: tuple[str, ...] = ()
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    list_fullwidth = True
    list_disable_select_all = True
    list_before_template: str | None = "dispatch/admin/bar.html"

    class Media:
        js = [TIMES, ModuleScript("dispatch/suggestions.js")]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LedgerChangeList


class LedgerAdmin(CursorAdmin):
    """A read-only list, and its pages."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_replay_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is edited, but who may change deliveries may have them sent again."""
        return request.user.has_perm("dispatch.change_delivery")


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
