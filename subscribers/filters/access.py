"""What must be equal for a filter to hold: by that, most filters need not be asked (an access predicate)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from subscribers.filters.grammar import DATA

Scalar: TypeAlias = str | int | float | bool | None

#: Longer lists and parts are left to evaluation: each value is a place in an index.
MAX_VALUES = 64
MAX_OPERAND_LENGTH = 500


class Access(NamedTuple):
    """The filter can only hold if the part `operand`, an expression over data, is equal to one of `values`."""

    operand: str
    values: tuple[Scalar, ...]


def accesses_in(tree: ast.expr) -> tuple[Access, ...]:
    """The access predicates among the conjuncts of a checked tree, in its order."""
    return tuple(access for part in _conjuncts(tree) if (access := _access(part)))


def _conjuncts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for value in node.values:
            yield from _conjuncts(value)
    else:
        yield node


def _access(node: ast.expr) -> Access | None:
    match node:
        case ast.BoolOp(op=ast.Or(), values=parts):
            return _either([_access(part) for part in parts])
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return _made(left, [right]) or _made(right, [left])
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[right]):
            return _made(left, [right])  # what is the same is equal
        case ast.Compare(left=left, ops=[ast.In()], comparators=[ast.Tuple() | ast.List() | ast.Set() as display]):
            return _made(left, display.elts)
    return None


def _either(accesses: list[Access | None]) -> Access | None:
    """`a == 1 or a == 2`, which must be about one operand."""
    found = [access for access in accesses if access]
    if len(found) < len(accesses) or len({access.operand for access in found}) > 1:
        return None
    return bounded(found[0].operand, [value for access in found for value in access.values])


def _made(operand: ast.expr, members: list[ast.expr]) -> Access | None:
    constants = [found for member in members if (found := _constant(member))]
    if len(constants) < len(members) or not any(_is_data(node) for node in ast.walk(operand)):
        return None
    return bounded(ast.unparse(operand), [constant.value for constant in constants])


def bounded(operand: str, values: list[Scalar]) -> Access | None:
    """None for what is better evaluated."""
    distinct = dict.fromkeys(values)  # equal ones are one: 1, 1.0 and True
    if not 0 < len(distinct) <= MAX_VALUES or len(operand) > MAX_OPERAND_LENGTH:
        return None
    return Access(operand, tuple(distinct))


@dataclass(frozen=True, slots=True)
class _Constant:
    value: Scalar


def _constant(node: ast.expr) -> _Constant | None:
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return _Constant(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return _Constant(-value)
    return None


def _is_data(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == DATA
