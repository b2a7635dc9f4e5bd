"""Says of every part of an expression what it comes to for an event, without stopping where evaluation would stop."""

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from subscribers.filters.compiling import REFUSALS, compile_node, reason_of
from subscribers.filters.compiling.loops import loops_of
from subscribers.filters.evaluation import Environment, UndecidedError
from subscribers.filters.limits import MAX_STEPS
from subscribers.filters.parsing import parse

#: Members of a loop that are told one by one.
MEMBERS_TOLD = 20
#: All parts together may take so many steps: as many as some tens of the costliest evaluations.
STEPS_IN_ALL = 20 * MAX_STEPS


@dataclass(frozen=True, slots=True)
class Explained:
    """A part of an expression: its text at `start` to `end` (characters of the expression), and what it comes to.

    `unknown` says why it has no value. `parts` are those below it, in the order of the text; members of a loop have
    the loop's element as their text.
    """

    text: str
    start: int
    end: int
    value: Any
    unknown: str
    parts: tuple["Explained", ...]

    @property
    def verdict(self) -> str:
        """`true`, `false` or `unknown`: how the part counts between `and` and `or`."""
        if self.unknown:
            return "unknown"
        return "true" if self.value else "false"


def explain(expression: str, data: Any) -> Explained:
    """The whole expression, explained for `data` (JSON as Python). Raises FilterError if it does not compile."""
    if not expression.strip():
        return Explained("", 0, 0, value=True, unknown="", parts=())
    return _Explaining(expression, data).explain(parse(expression))


class _Explaining:
    def __init__(self, expression: str, data: Any) -> None:
        self._expression = expression
        self._data = data
        self._steps = STEPS_IN_ALL
        self._indent = len(expression) - len(expression.lstrip())
        self._encoded = expression.strip().encode("utf-8", "surrogatepass")

    def explain(self, node: ast.expr) -> Explained:
        with self._environment() as environment:
            value, unknown = _outcome(lambda: compile_node(node)(environment))
        is_plain = isinstance(node, ast.Subscript) and not unknown  # how it was reached tells nothing more
        return self._told(node, value, unknown, () if is_plain else tuple(self._below(node)))

    def _below(self, node: ast.expr) -> Iterator[Explained]:
        loop = _loop_of(node)
        if loop is not None:
            source = self.explain(loop.generators[0].iter)
            yield source
            if isinstance(source.value, Iterable):
                yield from self._members(loop)
            return
        for child in _operands(node):
            if not isinstance(child, ast.Constant | ast.Name | ast.Slice):
                yield self.explain(child)

    def _members(self, node: ast.ListComp | ast.GeneratorExp) -> Iterator[Explained]:
        """What the element comes to for the first members, each worked out in its turn."""
        with self._environment() as environment:
            for member in islice(loops_of(node)(environment), MEMBERS_TOLD):
                yield self._told(node.elt, *_outcome(partial(member, environment)), ())

    @contextmanager
    def _environment(self) -> Iterator[Environment]:
        """One for an evaluation, whose steps are taken off those that are left for all."""
        environment = Environment(self._data)
        environment.steps = granted = max(0, min(MAX_STEPS, self._steps))
        try:
            yield environment
        finally:
            self._steps -= granted - environment.steps

    def _told(self, node: ast.expr, value: Any, unknown: str, parts: tuple[Explained, ...]) -> Explained:
        start, end = self._offset(node.col_offset), self._offset(node.end_col_offset or node.col_offset)
        return Explained(self._expression[start:end], start, end, value, unknown, parts)

    def _offset(self, byte: int) -> int:
        return self._indent + len(self._encoded[:byte].decode("utf-8", "replace"))


def _outcome(part: Callable[[], Any]) -> tuple[Any, str]:
    """Its value, or why it has none."""
    try:
        return part(), ""
    except UndecidedError as error:
        return None, error.reason
    except REFUSALS as error:
        return None, reason_of(error)


def _operands(node: ast.expr) -> list[ast.expr]:
    """The parts below `node` that have a value of their own, in the order of the text."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner), args=arguments):
            return [owner, *arguments]
        case ast.Call(args=arguments):
            return list(arguments)
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return [body, test, otherwise]
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _loop_of(node: ast.expr) -> ast.ListComp | ast.GeneratorExp | None:
    """The loop that `node` is, or that `any` or `all` goes through: the loop as such would only repeat it."""
    match node:
        case ast.Call(func=ast.Name(id="any" | "all"), args=[ast.ListComp() | ast.GeneratorExp() as loop]):
            return loop
        case ast.ListComp() | ast.GeneratorExp():
            return node
    return None
