"""Functions, methods that only look, and the quantifiers `any` and `all`."""

import ast
from collections.abc import Callable
from typing import Any

from subscribers.filters.compiling.loops import members_of, with_own_names
from subscribers.filters.compiling.parts import REFUSALS, Part, compile_node, compiles, undecided
from subscribers.filters.evaluation import Environment, UndecidedError
from subscribers.filters.operations import FUNCTIONS, call_method
from subscribers.filters.prices import CAUGHT


@compiles(ast.Call)
def _call(node: ast.Call) -> Part:
    if isinstance(node.func, ast.Attribute):
        return _method_call(node, node.func)
    assert isinstance(node.func, ast.Name)  # noqa: S101 - the grammar allows nothing else
    if node.func.id in ("any", "all") and len(node.args) == 1:
        return _quantifier(node, node.args[0], is_any=node.func.id == "any")
    function, offset = FUNCTIONS[node.func.id], node.col_offset
    arguments = [compile_node(each) for each in node.args]

    def call(environment: Environment) -> Any:
        values = [argument(environment) for argument in arguments]
        try:
            return function(environment, *values)
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return call


def _method_call(node: ast.Call, callee: ast.Attribute) -> Part:
    owner, name, offset = compile_node(callee.value), callee.attr, node.col_offset
    arguments = [compile_node(each) for each in node.args]

    def call(environment: Environment) -> Any:
        value, values = owner(environment), [argument(environment) for argument in arguments]
        try:
            return call_method(environment, name, value, values)
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return call


def _quantifier(node: ast.Call, argument: ast.expr, *, is_any: bool) -> Part:
    """`any` and `all` of members: an unknown one counts as it does between `or` and `and`."""
    members = members_of(argument)
    if members is None:
        function, value = FUNCTIONS["any" if is_any else "all"], compile_node(argument)
        offset = node.col_offset
        return lambda environment: _applied(offset, environment, function, value(environment))

    def quantifier(environment: Environment) -> bool:
        unknown: UndecidedError | None = None
        for member in members(environment):
            try:
                value = member(environment)
            except UndecidedError as error:
                environment.owe(CAUGHT)
                unknown = unknown or error
                continue
            if bool(value) is is_any:
                return is_any
        if unknown:
            raise unknown
        return not is_any

    return with_own_names(quantifier)


def _applied(offset: int, environment: Environment, function: Callable[..., Any], value: Any) -> Any:
    try:
        return function(environment, value)
    except REFUSALS as error:
        raise undecided(error, offset) from error
