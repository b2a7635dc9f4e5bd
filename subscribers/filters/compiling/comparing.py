"""Comparisons, and chains of them."""

import ast
from collections.abc import Callable
from typing import Any

from subscribers.filters.compiling.logic import conjunction
from subscribers.filters.compiling.parts import REFUSALS, Part, compile_node, compiles, undecided
from subscribers.filters.evaluation import Environment
from subscribers.filters.operations import COMPARISONS


@compiles(ast.Compare)
def _compare(node: ast.Compare) -> Part:
    """A chain is a conjunction of comparisons whose shared operands are worked out once."""
    if len(node.ops) == 1 and isinstance(node.comparators[0], ast.Constant):
        return _compare_with(node, node.comparators[0].value)
    operands = [compile_node(part) for part in (node.left, *node.comparators)]
    comparisons = [COMPARISONS[type(each).__name__] for each in node.ops]
    if len(comparisons) == 1:
        return _compare_two(node.col_offset, operands[0], comparisons[0], operands[1])
    offset = node.col_offset

    def chain(environment: Environment) -> Any:
        values = [_Lazy(operand, environment) for operand in operands]
        pairs = zip(values, comparisons, values[1:], strict=False)
        return conjunction([_link(offset, *pair) for pair in pairs])(environment)

    return chain


def _link(offset: int, left: "_Lazy", compare: Callable[..., Any], right: "_Lazy") -> Part:
    return lambda environment: _compared(offset, environment, left(), compare, right())


class _Lazy:
    """An operand of a chain: worked out when first needed, and then once."""

    __slots__ = ("_environment", "_part", "_value")

    def __init__(self, part: Part, environment: Environment) -> None:
        self._part = part
        self._environment = environment

    def __call__(self) -> Any:
        if not hasattr(self, "_value"):
            self._value = self._part(self._environment)
        return self._value


def _compare_with(node: ast.Compare, constant: Any) -> Part:
    """The commonest comparison, of something with a constant, works out one operand."""
    operand, compare, offset = compile_node(node.left), COMPARISONS[type(node.ops[0]).__name__], node.col_offset

    def comparison(environment: Environment) -> Any:
        value = operand(environment)
        try:
            return compare(environment, value, constant)
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return comparison


def _compare_two(offset: int, left: Part, compare: Callable[..., Any], right: Part) -> Part:
    def comparison(environment: Environment) -> Any:
        first, second = left(environment), right(environment)
        try:
            return compare(environment, first, second)
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return comparison


def _compared(offset: int, environment: Environment, left: Any, compare: Callable[..., Any], right: Any) -> Any:
    try:
        return compare(environment, left, right)
    except REFUSALS as error:
        raise undecided(error, offset) from error
