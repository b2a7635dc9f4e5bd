"""The lists of the ledger: page after page by a cursor, so that the last costs what the first does."""

from typing import Any
from uuid import UUID

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from dispatch.admin.bars import LedgerBar
from dispatch.admin.narrowing import Found, Narrowed, find

BEFORE, AFTER = "before", "after"


class CursorPaginator(Paginator):
    """Holds one page, and counts nothing else."""

    template_name = "dispatch/admin/pagination.html"


class LedgerChangeList(ChangeList):
    """Newest first. `bar` is the form above it; `older` and `newer` are links to the pages beside this one."""

    bar: LedgerBar
    cursors: dict[str, str]
    searched: QuerySet[Any]
    narrowed: Narrowed | None

    def get_filters_params(self, params: Any = None) -> Any:
        ours = {*self.bar.parameters(), BEFORE, AFTER}
        return {name: value for name, value in super().get_filters_params(params).items() if name not in ours}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """All that is wanted, for actions; the page is found in `get_results`."""
        self.bar = self.model_admin.bar_class(request.GET)  # type: ignore[attr-defined] # LedgerAdmin has one
        self.cursors = {name: request.GET[name] for name in (BEFORE, AFTER) if request.GET.get(name)}
        for name in (BEFORE, AFTER):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        self.searched = super().get_queryset(request, exclude_parameters)
        self.narrowed = self.bar.narrowed()
        self.has_active_filters = bool(self.bar.data)
        return self.searched.none() if self.narrowed is None else self.searched.filter(self.narrowed.whole)

    def get_results(self, request: HttpRequest) -> None:
        found = self._page()
        self._link(found)
        self.result_list = found.rows[: self.list_per_page]
        if AFTER in self.cursors:
            self.result_list.reverse()
        self.paginator = CursorPaginator(self.result_list, self.list_per_page)
        self.result_count = len(self.result_list)
        self.full_result_count = self.result_count  # else the theme writes the page's count as that of all
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True

    def wanted(self, limit: int, *conditions: Any) -> Found:
        """The newest `limit` of all that the list is narrowed to, less what does not meet `conditions` as well."""
        if self.narrowed is None:
            return Found([])
        narrowed = Narrowed(self.narrowed.leads, [*self.narrowed.rest, *conditions], self.narrowed.span)
        return find(self.searched.order_by("-pk"), narrowed, limit)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.bar.data or self.query.strip())

    def _page(self) -> Found:
        if self.narrowed is None:
            return Found([])
        try:
            rows = self._behind_the_cursor()
        except ValueError:
            return Found([])
        return find(rows, self.narrowed, self.list_per_page + 1)

    def _behind_the_cursor(self) -> QuerySet[Any]:
        if AFTER in self.cursors:
            return self.searched.filter(pk__gt=self._cursor(AFTER)).order_by("pk")
        rows = self.searched.order_by("-pk")
        return rows.filter(pk__lt=self._cursor(BEFORE)) if BEFORE in self.cursors else rows

    def _cursor(self, name: str) -> UUID | int:
        text = self.cursors[name]
        return int(text) if self.opts.pk.get_internal_type() == "BigAutoField" else UUID(text)

    def _link(self, found: Found) -> None:
        """`further` goes on where the search has stopped."""
        self.older = self.newer = self.newest = self.further = ""
        shown = found.rows[: self.list_per_page]
        has_more = len(found.rows) > self.list_per_page
        is_forward = AFTER in self.cursors
        if is_forward:
            shown = shown[::-1]
        if shown and (has_more or is_forward):
            self.older = self._to(BEFORE, shown[-1].pk)
        if shown and self.cursors and (has_more or not is_forward):
            self.newer = self._to(AFTER, shown[0].pk)
        if self.cursors:
            self.newest = self.get_query_string()
        if found.looked_until is not None:
            self.further = self._to(AFTER if is_forward else BEFORE, found.looked_until)

    def _to(self, name: str, cursor: Any) -> str:
        return self.get_query_string({name: cursor})
