"""The lists of the ledger: page after page by a cursor, so that the last costs what the first does."""

from typing import Any, Literal
from uuid import UUID

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from dispatch.admin.bars import LedgerBar
from dispatch.admin.narrowing import Found, Narrowed, find
from dispatch.admin.orders import NEWEST_FIRST, Order, Place

BEFORE, AFTER = "before", "after"


class CursorPaginator(Paginator):
    """Holds one page, and counts nothing else."""

    template_name = "dispatch/admin/pagination.html"


class LedgerChangeList(ChangeList):
    """Newest first, or sorted by one column. `bar` is the form above; `older` and `newer` lead to the pages beside."""

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
        return find(self.searched, narrowed, limit)

    @property
    def order(self) -> Order:
        for place, way in self.get_ordering_field_columns().items():
            return Order(str(self.get_ordering_field(self.list_display[place])), is_descending=way == "desc")
        return NEWEST_FIRST

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """The first that is asked for and may be: an index holds the rows in the order of one column."""
        sortable = {place for place, name in enumerate(self.list_display) if name in (self.sortable_by or ())}
        asked = super().get_ordering_field_columns().items()
        return dict([(place, way) for place, way in asked if place in sortable][:1])

    @property
    def is_sorted(self) -> bool:
        return self.order != NEWEST_FIRST

    @property
    def is_narrowed(self) -> bool:
        return bool(self.bar.data or self.query.strip())

    def _page(self) -> Found:
        if self.narrowed is None:
            return Found([])
        is_back = AFTER in self.cursors
        order = self.order.turned() if is_back else self.order
        try:
            rows = self._behind_the_cursor(order, AFTER if is_back else BEFORE)
        except ValueError:
            return Found([])
        return find(rows, self.narrowed, self.list_per_page + 1, order)

    def _behind_the_cursor(self, order: Order, name: str) -> QuerySet[Any]:
        if name not in self.cursors:
            return self.searched
        place = self._place(order, self._cursor(name))
        return self.searched.filter(order.behind(place)) if place else self.searched.none()

    def _place(self, order: Order, cursor: UUID | int) -> Place | None:
        """By the id alone, a row need not be there; else it is where the row of that id is now."""
        if order.columns == ("pk",):
            return (cursor,)
        return self.model._base_manager.filter(pk=cursor).values_list(*order.columns).first()

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
