"""What a list of the ledger is narrowed to, and how its rows are found with bounded work."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import NullIf
from django.db.models.lookups import Exact

from dispatch.admin.orders import NEWEST_FIRST, Order

#: Rows that one page looks through for those that no index leads to.
LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Lead:
    """A condition with an index in the order of the ids; `asked` says the same of each row without leading anywhere."""

    led: Q
    asked: Q


def lead(column: str, value: Any) -> Lead:
    """A column has its value; what is wrapped in a function has no index."""
    return Lead(Q(**{column: value}), Q(Exact(NullIf(F(column), Value(None)), value)))


@dataclass(slots=True)
class Narrowed:
    """Conditions on a list: `leads`, the `rest`, which has no index, and `span`, which bounds the ids."""

    leads: list[Lead] = field(default_factory=list)
    rest: list[Q] = field(default_factory=list)
    span: Q = field(default_factory=Q)

    @property
    def whole(self) -> Q:
        return Q(self.span, *(lead.led for lead in self.leads), *self.rest)


@dataclass(frozen=True, slots=True)
class Found:
    """Rows in the order of the list; `looked_until` is the id at which the search stopped before it had enough."""

    rows: list[Any]
    looked_until: Any = None


def find(rows: QuerySet[Any], narrowed: Narrowed, limit: int, order: Order = NEWEST_FIRST) -> Found:
    """The first `limit` of `rows`, in this order, that are wanted."""
    spanned = order.of(rows.filter(narrowed.span))
    led, rest = _way(spanned, narrowed)
    if not rest:
        return Found(list(led[:limit]))
    last = led.values_list(*order.columns)[LOOKED_AT - 1 : LOOKED_AT].first()
    window = led if last is None else led.filter(order.until(last))
    found = list(window.filter(*rest)[:limit])
    return Found(found, last[-1] if last and len(found) < limit else None)


def _way(spanned: QuerySet[Any], narrowed: Narrowed) -> tuple[QuerySet[Any], list[Q]]:
    """The condition that leads through the fewest rows, and what is to be asked of each of them."""
    if not narrowed.leads:
        return spanned, narrowed.rest
    best = min(narrowed.leads, key=lambda each: _rows(spanned, each)) if narrowed.leads[1:] else narrowed.leads[0]
    others = [each.asked for each in narrowed.leads if each is not best]
    return spanned.filter(best.led), [*others, *narrowed.rest]


def _rows(spanned: QuerySet[Any], each: Lead) -> int:
    return spanned.filter(each.led).values("pk")[: LOOKED_AT + 1].count()
