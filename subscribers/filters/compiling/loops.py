"""Comprehensions: their members one by one, each counted, and names that last as long as they do."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from subscribers.filters.compiling.costs import steps_of
from subscribers.filters.compiling.parts import REFUSALS, Part, compile_node, compiles, undecided
from subscribers.filters.evaluation import Environment, UndecidedError
from subscribers.filters.prices import CAUGHT

#: What gives the members one by one, each as the part that is still to be worked out.
Members = Callable[[Environment], Iterator[Part]]
Bind = Callable[[Environment, Any], None]


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
        return lambda environment: iter(parts)
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return loops_of(node)
    return None


def loops_of(node: ast.ListComp | ast.GeneratorExp) -> Members:
    """The element once for each turn of the innermost loop, whose names are bound when it is given."""
    element, cost, offset = compile_node(node.elt), steps_of(node), node.col_offset
    innermost, *outer = reversed(node.generators)
    plain = isinstance(innermost.target, ast.Name) and not innermost.ifs
    members = _plain_loop(innermost, element, cost, offset) if plain else _loop(innermost, element, None, cost, offset)
    for loop in outer:
        members = _loop(loop, element, members, cost, offset)
    return members


def _plain_loop(loop: ast.comprehension, element: Part, cost: int, offset: int) -> Members:
    """The commonest loop of all, `for name in source`, takes half the time of any other."""
    assert isinstance(loop.target, ast.Name)  # noqa: S101 - the caller has looked
    source, name = compile_node(loop.iter), loop.target.id

    def members(environment: Environment) -> Iterator[Part]:
        names, spend = environment.names, environment.spend
        try:
            for names[name] in source(environment):
                spend(cost)
                yield element
        except UndecidedError as error:
            environment.owe(CAUGHT)
            yield _raising(error)
        except REFUSALS as error:
            environment.owe(CAUGHT)
            yield _raising(undecided(error, offset))

    return members


def _loop(loop: ast.comprehension, element: Part, inner: Members | None, cost: int, offset: int) -> Members:
    source, bind = compile_node(loop.iter), _binding(loop.target, offset)
    conditions = [compile_node(each) for each in loop.ifs]

    def members(environment: Environment) -> Iterator[Part]:
        try:
            for member in source(environment):
                environment.spend(cost)
                try:
                    bind(environment, member)
                    is_in = _all_hold(conditions, environment)
                except UndecidedError as error:
                    environment.owe(CAUGHT)
                    yield _raising(error)
                    continue
                if not is_in:
                    continue
                if inner is None:
                    yield element
                else:
                    yield from inner(environment)
        except UndecidedError as error:
            environment.owe(CAUGHT)
            yield _raising(error)
        except REFUSALS as error:
            environment.owe(CAUGHT)
            yield _raising(undecided(error, offset))

    return members


def _all_hold(conditions: list[Part], environment: Environment) -> bool:
    for condition in conditions:  # noqa: SIM110 - a generator for each turn takes longer than most conditions
        if not condition(environment):
            return False
    return True


def _raising(error: UndecidedError) -> Part:
    def member(environment: Environment) -> Any:
        raise error

    return member


def _binding(target: ast.expr, offset: int) -> Bind:
    if isinstance(target, ast.Name):
        name = target.id
        return lambda environment, member: environment.names.__setitem__(name, member)
    assert isinstance(target, ast.Tuple)  # noqa: S101 - the grammar allows nothing else
    parts = [_binding(each, offset) for each in target.elts]

    def bind(environment: Environment, member: Any) -> None:
        try:
            environment.spend(len(parts))
            pairs = list(zip(parts, member, strict=True))
        except REFUSALS as error:
            raise undecided(error, offset) from error
        for part, value in pairs:
            part(environment, value)

    return bind


@compiles(ast.ListComp, ast.GeneratorExp)
def _comprehension(node: ast.ListComp | ast.GeneratorExp) -> Part:
    members = loops_of(node)
    return with_own_names(lambda environment: [member(environment) for member in members(environment)])
