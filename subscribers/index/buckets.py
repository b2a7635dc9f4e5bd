"""The candidates of one place in the index: in the order of their ids, and by expression."""

from collections.abc import Iterator
from typing import TypeAlias

from immutables import Map

from subscribers.index.candidates import Candidate, id_of
from subscribers.index.ordered import Ordered

#: Candidates of a bucket that are not grouped by expression. Most buckets hold one.
FEW = 16

Members: TypeAlias = "tuple[Candidate, ...] | Ordered"


class Few:
    """So few that a change copies them all."""

    __slots__ = ("_candidates",)

    def __init__(self, candidates: tuple[Candidate, ...] = ()) -> None:
        self._candidates = candidates

    def __len__(self) -> int:
        return len(self._candidates)

    @property
    def expressions(self) -> int:
        return len(self._candidates)

    def groups(self) -> Iterator[tuple[str, Members]]:
        """Each expression with candidates that have it, which are not always all."""
        return ((candidate.expression, (candidate,)) for candidate in self._candidates)

    def after(self, subscriber_id: int) -> Iterator[Candidate]:
        return (candidate for candidate in self._candidates if candidate.subscriber_id > subscriber_id)

    def with_(self, candidate: Candidate) -> "Bucket":
        candidates = tuple(sorted((*self._candidates, candidate), key=id_of))
        return Few(candidates) if len(candidates) <= FEW else Many.of(candidates)

    def without(self, candidate: Candidate) -> "Bucket":
        return Few(tuple(each for each in self._candidates if each.subscriber_id != candidate.subscriber_id))


class Many:
    """So many that equal expressions are kept together, to be evaluated once, and a change must not copy all."""

    __slots__ = ("_by_expression", "_by_id")

    def __init__(self, by_id: Ordered, by_expression: Map[str, Ordered]) -> None:
        self._by_id = by_id
        self._by_expression = by_expression

    @classmethod
    def of(cls, candidates: tuple[Candidate, ...]) -> "Many":
        many = cls(Ordered(), Map())
        for candidate in candidates:
            many = many.with_(candidate)
        return many

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def expressions(self) -> int:
        return len(self._by_expression)

    def groups(self) -> Iterator[tuple[str, Members]]:
        return iter(self._by_expression.items())

    def after(self, subscriber_id: int) -> Iterator[Candidate]:
        return self._by_id.after(subscriber_id)

    def with_(self, candidate: Candidate) -> "Many":
        same = self._by_expression.get(candidate.expression, Ordered()).with_(candidate)
        return Many(self._by_id.with_(candidate), self._by_expression.set(candidate.expression, same))

    def without(self, candidate: Candidate) -> "Bucket":
        same = self._by_expression[candidate.expression].without(candidate.subscriber_id)
        kept = self._by_expression.delete(candidate.expression)
        if same:
            kept = kept.set(candidate.expression, same)
        return Many(self._by_id.without(candidate.subscriber_id), kept)


Bucket: TypeAlias = Few | Many
