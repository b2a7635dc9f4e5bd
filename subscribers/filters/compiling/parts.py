"""What all closures share: their type, who makes them for which node, and how a refusal of Python becomes unknown."""

import ast
from collections.abc import Callable
from typing import Any, TypeVar

from subscribers.filters.evaluation import Environment
from subscribers.filters.reasons import OverLimitError, UndecidedError, reason_of

__all__ = ["REFUSALS", "Part", "compile_node", "compiles", "reason_of", "undecided"]

Part = Callable[[Environment], Any]
Compiler = TypeVar("Compiler", bound=Callable[[Any], Part])

#: What plain Python raises where an operation and its values do not fit.
REFUSALS = (LookupError, TypeError, ValueError, ArithmeticError, OverLimitError, RecursionError, AttributeError)

_compilers: dict[type[ast.expr], Callable[[Any], Part]] = {}


def compiles(*kinds: type[ast.expr]) -> Callable[[Compiler], Compiler]:
    """Marks the function that makes the closure of these kinds of nodes."""

    def register(compiler: Compiler) -> Compiler:
        _compilers.update(dict.fromkeys(kinds, compiler))
        return compiler

    return register


def compile_node(node: ast.expr) -> Part:
    """The closure of an allowed node."""
    return _compilers[type(node)](node)


def undecided(error: Exception, offset: int) -> UndecidedError:
    """`offset` is that of the node: a closure that kept the node would keep its whole tree in memory."""
    return UndecidedError(error, offset)
