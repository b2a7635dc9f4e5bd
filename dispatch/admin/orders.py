"""In what order a list is read page by page: that of the ids, or of a column that has an index with the id behind."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
#: The values of a row by which it has its place.
Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Newest first, as it is made here. Rows with the same value in the column are in the order of their ids."""

    column: str = "pk"
    is_descending: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        return ("pk",) if self.column == "pk" else (self.column, "pk")

    def turned(self) -> "Order":
        return replace(self, is_descending=not self.is_descending)

    def of(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        return rows.order_by(*(f"-{name}" if self.is_descending else name for name in self.columns))

    def behind(self, place: Place) -> Q:
        """The rows that come after the one at `place`."""
        return self._from(place, "lt" if self.is_descending else "gt")

    def until(self, place: Place) -> Q:
        """The rows up to the one at `place`, which is one of them."""
        return self._from(place, "gte" if self.is_descending else "lte")

    def _from(self, place: Place, comparison: str) -> Q:
        *values, pk = place
        by_id = Q(**{f"pk__{comparison}": pk})
        if not values:
            return by_id
        strictly, loosely = comparison[:2], f"{comparison[:2]}e"
        # The first bounds the index, which Postgres does not see in the two that are joined by OR.
        bound = Q(**{f"{self.column}__{loosely}": values[0]})
        return bound & (Q(**{f"{self.column}__{strictly}": values[0]}) | by_id)


NEWEST_FIRST = Order()
