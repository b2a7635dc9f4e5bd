"""`and`, `or`, `not`, the conditional, and reckoning."""

import ast
from typing import Any

from subscribers.filters.compiling.parts import REFUSALS, Part, compile_node, compiles, undecided
from subscribers.filters.evaluation import Environment, UndecidedError
from subscribers.filters.operations import BINARY, UNARY
from subscribers.filters.prices import CAUGHT, copied, reckoned


@compiles(ast.BoolOp)
def _and_or(node: ast.BoolOp) -> Part:
    parts = [compile_node(value) for value in node.values]
    return disjunction(parts) if isinstance(node.op, ast.Or) else conjunction(parts)


def conjunction(parts: list[Part]) -> Part:
    def conjunction(environment: Environment) -> Any:
        unknown: UndecidedError | None = None
        value: Any = True
        for part in parts:
            try:
                value = part(environment)
            except UndecidedError as error:
                environment.owe(CAUGHT)
                unknown = unknown or error
                continue
            if not value:
                return value
        if unknown:
            raise unknown
        return value

    return conjunction


def disjunction(parts: list[Part]) -> Part:
    def disjunction(environment: Environment) -> Any:
        unknown: UndecidedError | None = None
        value: Any = False
        for part in parts:
            try:
                value = part(environment)
            except UndecidedError as error:
                environment.owe(CAUGHT)
                unknown = unknown or error
                continue
            if value:
                return value
        if unknown:
            raise unknown
        return value

    return disjunction


@compiles(ast.IfExp)
def _conditional(node: ast.IfExp) -> Part:
    test, then, otherwise = compile_node(node.test), compile_node(node.body), compile_node(node.orelse)
    return lambda environment: then(environment) if test(environment) else otherwise(environment)


@compiles(ast.UnaryOp)
def _unary(node: ast.UnaryOp) -> Part:
    operand = compile_node(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda environment: not operand(environment)
    operation, offset = UNARY[type(node.op).__name__], node.col_offset

    def unary(environment: Environment) -> Any:
        value = operand(environment)
        try:
            return operation(value)
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return unary


@compiles(ast.BinOp)
def _binary(node: ast.BinOp) -> Part:
    left, right = compile_node(node.left), compile_node(node.right)
    name, offset = type(node.op).__name__, node.col_offset
    operation, is_cheap = BINARY[name], name in ("Add", "Sub")

    def binary(environment: Environment) -> Any:
        first, second = left(environment), right(environment)
        try:
            if not is_cheap:
                environment.spend(reckoned(name, first, second))
            result = operation(first, second)
            if isinstance(result, (str, list, tuple)):
                environment.spend(copied(result, len(result)))  # or a loop would make, and keep, gigabytes
        except REFUSALS as error:
            raise undecided(error, offset) from error
        return result

    return binary
