"""Constants, names, what is reached by a key, and lists written out."""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from subscribers.filters.compiling.parts import REFUSALS, Part, compile_node, compiles, undecided
from subscribers.filters.evaluation import Environment
from subscribers.filters.operations import pay_to_hash
from subscribers.filters.prices import copied, distinguished


@compiles(ast.Constant)
def _constant(node: ast.Constant) -> Part:
    value = node.value
    return lambda environment: value


def _data(environment: Environment) -> Any:
    return environment.data


@compiles(ast.Name)
def _name(node: ast.Name) -> Part:
    if node.id == "data":
        return _data
    name = node.id
    return lambda environment: environment.names[name]


@compiles(ast.Subscript)
def _subscript(node: ast.Subscript) -> Part:
    owner, offset = compile_node(node.value), node.col_offset
    if isinstance(node.slice, ast.Constant):
        return _constant_subscript(offset, owner, node.slice.value)
    index = _slice(node.slice) if isinstance(node.slice, ast.Slice) else compile_node(node.slice)

    def subscript(environment: Environment) -> Any:
        container, key = owner(environment), index(environment)
        try:
            if isinstance(key, slice) and isinstance(container, (str, list, tuple)):
                environment.spend(_copied(container, key))
            else:
                pay_to_hash(environment, key)
            return container[key]
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return subscript


def _copied(container: str | list[Any] | tuple[Any, ...], key: slice) -> int:
    wanted = range(*key.indices(len(container)))
    return copied(container, len(wanted), is_stepped=wanted.step != 1)


def _constant_subscript(offset: int, owner: Part, key: Any) -> Part:
    """The commonest node of all, `data["key"]`, costs one look-up."""

    def subscript(environment: Environment) -> Any:
        container = owner(environment)
        try:
            return container[key]
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return subscript


def _slice(node: ast.Slice) -> Part:
    parts = [compile_node(part) if part else None for part in (node.lower, node.upper, node.step)]
    return lambda environment: slice(*(part(environment) if part else None for part in parts))


@compiles(ast.List, ast.Tuple, ast.Set)
def _display(node: ast.List | ast.Tuple | ast.Set) -> Part:
    parts = [compile_node(each) for each in node.elts]
    make: Callable[[Iterable[Any]], Any] = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
    if all(isinstance(each, ast.Constant) for each in node.elts):
        constants = make([each.value for each in node.elts if isinstance(each, ast.Constant)])
        return lambda environment: constants  # a filter changes nothing, so one serves for all events
    if isinstance(node, ast.Set):
        return _set(node.col_offset, parts)
    return lambda environment: make([part(environment) for part in parts])


def _set(offset: int, parts: list[Part]) -> Part:
    def display(environment: Environment) -> Any:
        members = [part(environment) for part in parts]
        try:
            _pay_for_hashes(environment, members)
            return set(members)
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return display


def _pay_for_hashes(environment: Environment, members: list[Any]) -> None:
    environment.spend(distinguished(len(members)))
    for member in members:
        pay_to_hash(environment, member)


@compiles(ast.Dict)
def _dict(node: ast.Dict) -> Part:
    pairs = [(compile_node(key), compile_node(value)) for key, value in zip(node.keys, node.values, strict=True) if key]
    offset = node.col_offset

    def display(environment: Environment) -> Any:
        keys = [key(environment) for key, _ in pairs]
        try:
            _pay_for_hashes(environment, keys)
            return dict(zip(keys, [value(environment) for _, value in pairs], strict=True))
        except REFUSALS as error:
            raise undecided(error, offset) from error

    return display
