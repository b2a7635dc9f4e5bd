"""The filter language: an expression over `data` is compiled once, and then judges events."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from subscribers.filters.access import Access, accesses_in
from subscribers.filters.compiling import REFUSALS, Part, compile_node, reason_of
from subscribers.filters.errors import FilterError
from subscribers.filters.evaluation import Environment, UndecidedError, Unknown
from subscribers.filters.parsing import parse, place_of
from subscribers.filters.plain import plain_accesses

__all__ = ["Access", "Filter", "FilterError", "Unknown", "accesses_of", "compile_filter", "work_out"]


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled expression; an empty one holds always."""

    expression: str
    _part: Part | None = field(repr=False, compare=False)

    def evaluate(self, data: Any) -> bool | Unknown:
        """Whether the expression holds for `data` (JSON as Python), or why that is unknown. Never raises."""
        if self._part is None:
            return True
        try:
            return bool(self._part(Environment(data)))
        except UndecidedError as error:
            return self._unknown(error.reason, error.offset)
        except REFUSALS as error:
            return self._unknown(reason_of(error), 0)

    def matches(self, data: Any) -> bool:
        """Whether the expression holds; what is unknown does not."""
        return self.evaluate(data) is True

    def _unknown(self, reason: str, offset: int) -> Unknown:
        return Unknown(reason, *_place(self.expression, offset))


def compile_filter(expression: str) -> Filter:
    """The filter that `expression` means. Raises FilterError, which points at what is wrong."""
    if not expression.strip():
        return Filter(expression, None)
    return Filter(expression, compile_node(_checked(expression)))


def accesses_of(expression: str) -> tuple[Access, ...]:
    """What must be equal for the filter to hold, as far as that can be seen. Raises FilterError, as compiling does."""
    if not expression.strip():
        return ()
    plain = plain_accesses(expression)
    return accesses_in(_checked(expression)) if plain is None else plain


def work_out(operand: str, data: Any) -> Any:
    """The value of an access predicate's operand for `data`, or Unknown. Never raises."""
    try:
        return _compiled_operand(operand)(Environment(data))
    except UndecidedError as error:
        return Unknown(error.reason, *_place(operand, error.offset))
    except REFUSALS as error:
        return Unknown(reason_of(error), 1, 1)


@lru_cache(maxsize=10_000)
def _compiled_operand(operand: str) -> Part:
    return compile_node(parse(operand))


def _checked(expression: str) -> ast.expr:
    tree = parse(expression)
    _refuse_impossible(expression, tree)
    return tree


def _refuse_impossible(expression: str, tree: ast.expr) -> None:
    """Refuses a part that fails whatever the event holds, such as `1 / 0` or `9 ** 9 ** 9`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.BinOp | ast.Call) or any(isinstance(part, ast.Name) for part in _values(node)):
            continue
        try:
            compile_node(node)(Environment(None))
        except UndecidedError as error:
            line, column = _place(expression, error.offset)
            message = f"This part can never be worked out. {error.reason}"
            raise FilterError(message, expression, line, column) from error


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, less the names of called functions."""
    called = {id(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
    return (part for part in ast.walk(node) if id(part) not in called)


@lru_cache(maxsize=10_000)
def _place(expression: str, offset: int) -> tuple[int, int]:
    """Line and column of a byte of the text that was parsed, which is the expression less outer white space."""
    indent = len(expression) - len(expression.lstrip())
    before = expression.strip().encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")
    return place_of(expression, indent + len(before))
