"""Comprehensions: their members one by one, each counted, and names that last as long as they do."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from subscribers.filters.compiling.costs import steps_of
from subscribers.filters.compiling.parts import REFUSALS, Part, compile_node, compiles, undecided
from subscribers.filters.evaluation import Environment, UndecidedError
from subscribers.filters.prices import CAUGHT

Members = Callable[[Environment], Iterator[Callable[[], Any]]]


def with_own_names(part: Part) -> Part:
    """`part` with names of its own: what a comprehension names hides an outer name, and only as long as it lasts."""

    def scoped(environment: Environment) -> Any:
        outer = environment.names
        environment.names = outer.copy()
        try:
            return part(environment)
        finally:
            environment.names = outer

    return scoped


def members_of(node: ast.expr) -> Members | None:
    """The members of a display or a comprehension one by one, each still to be worked out; None for other nodes."""
    if isinstance(node, ast.List | ast.Tuple):
        parts = [compile_node(each) for each in node.elts]
        return lambda environment: (lambda part=part: part(environment) for part in parts)  # type: ignore[misc]
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return loops_of(node)
    return None


def loops_of(node: ast.ListComp | ast.GeneratorExp) -> Members:
    element = compile_node(node.elt)
    loops = [
        (loop.target, compile_node(loop.iter), [compile_node(each) for each in loop.ifs]) for loop in node.generators
    ]

    cost, offset = steps_of(node), node.col_offset

    def walk(environment: Environment, depth: int) -> Iterator[Callable[[], Any]]:
        if depth == len(loops):
            yield lambda: element(environment)
            return
        target, source, conditions = loops[depth]
        try:
            for member in _iterated(offset, environment, source, cost):
                yield from step(environment, depth, target, member, conditions)
        except UndecidedError as error:
            environment.owe(CAUGHT)
            yield _raising(error)

    def step(
        environment: Environment, depth: int, target: ast.expr, member: Any, conditions: list[Part]
    ) -> Iterator[Callable[[], Any]]:
        try:
            _bind(offset, environment, target, member)
            is_in = all(condition(environment) for condition in conditions)
        except UndecidedError as error:
            environment.owe(CAUGHT)
            yield _raising(error)
            return
        if is_in:
            yield from walk(environment, depth + 1)

    return lambda environment: walk(environment, 0)


def _raising(error: UndecidedError) -> Callable[[], Any]:
    def member() -> Any:
        raise error

    return member


def _iterated(offset: int, environment: Environment, source: Part, cost: int) -> Iterator[Any]:
    try:
        for member in source(environment):
            environment.spend(cost)
            yield member
    except REFUSALS as error:
        raise undecided(error, offset) from error


def _bind(offset: int, environment: Environment, target: ast.expr, member: Any) -> None:
    if isinstance(target, ast.Name):
        environment.names[target.id] = member
        return
    assert isinstance(target, ast.Tuple)  # noqa: S101 - the grammar allows nothing else
    try:
        environment.spend(len(target.elts))
        pairs = list(zip(target.elts, member, strict=True))
    except REFUSALS as error:
        raise undecided(error, offset) from error
    for part, value in pairs:
        _bind(offset, environment, part, value)


@compiles(ast.ListComp, ast.GeneratorExp)
def _comprehension(node: ast.ListComp | ast.GeneratorExp) -> Part:
    members = loops_of(node)
    return with_own_names(lambda environment: [member() for member in members(environment)])
