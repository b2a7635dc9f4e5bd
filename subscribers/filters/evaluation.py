"""What an evaluation carries with it, and how it says that something cannot be known."""

from dataclasses import dataclass
from typing import Any

from subscribers.filters.limits import CHARACTERS_A_STEP, MAX_STEPS


@dataclass(frozen=True, slots=True)
class Unknown:
    """The filter cannot be judged on these data: the first cause, and its place in the expression (from 1)."""

    reason: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.reason} (line {self.line}, column {self.column})"


class UndecidedError(Exception):
    """Inside of an evaluation: this part is unknown. `offset` counts bytes of the text that was parsed."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


class OverLimitError(Exception):
    """An operation would take too long, or make something too large."""


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

    def spend_on(self, value: Any) -> None:
        """Pays for an operation that walks over all of `value`, however deep."""
        waiting = [value]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                self.spend(1 + len(node) // CHARACTERS_A_STEP)
            elif isinstance(node, dict):
                self.spend(1 + len(node))
                waiting.extend(node.values())
            elif isinstance(node, (list, tuple, set)):
                self.spend(1 + len(node))
                waiting.extend(child for child in node if isinstance(child, (str, dict, list, tuple)))
