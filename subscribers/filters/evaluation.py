"""What an evaluation carries with it, and what it says of an event that it cannot judge."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from subscribers.filters.limits import MAX_STEPS
from subscribers.filters.prices import visited, written
from subscribers.filters.reasons import OverLimitError, UndecidedError

__all__ = ["Environment", "OverLimitError", "UndecidedError", "Unknown"]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The filter cannot be judged on these data: the first cause, and its place in the expression (from 1)."""

    reason: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.reason} (line {self.line}, column {self.column})"


class Environment:
    """The data, the members that comprehensions have named, and the steps that are left."""

    __slots__ = ("data", "names", "steps")

    def __init__(self, data: Any) -> None:
        self.data = data
        self.names: dict[str, Any] = {}
        self.steps = MAX_STEPS

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise OverLimitError("it takes too many steps")

    def owe(self, steps: int) -> None:
        """Takes off steps where nothing may be raised: the next `spend` gives up if too many are gone."""
        self.steps -= steps

    def spend_on(self, value: Any, price: Callable[[Any], int] = visited) -> None:
        """Pays for an operation that walks over all of `value`, however deep."""
        self.spend(price(value))
        waiting = [value] if isinstance(value, Containers) else []
        while waiting:
            for child in _members(waiting.pop()):
                if price is written or isinstance(child, WALKED):
                    self.spend(price(child))
                    if isinstance(child, Containers):
                        waiting.append(child)


#: Of what is not written out, numbers and the like are paid for with what holds them.
WALKED = (str, dict, list, tuple, set)
Containers = (dict, list, tuple, set)


def _members(container: Any) -> Iterable[Any]:
    return chain(container, container.values()) if isinstance(container, dict) else container
