"""From a checked tree to closures. A closure returns the value of its part, or raises UndecidedError.

simpleeval itself walks every intermediate result to measure it: 22 ms for one comparison on a payload of 0.85 MB.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from subscribers.filters.evaluation import Environment, OverLimitError, UndecidedError
from subscribers.filters.limits import MEMBERS_A_STEP
from subscribers.filters.operations import BINARY, COMPARISONS, FUNCTIONS, UNARY, call_method

Part = Callable[[Environment], Any]


def compile_node(node: ast.expr) -> Part:
    """The closure of an allowed node."""
    return _COMPILERS[type(node)](node)


def _undecided(error: Exception, node: ast.AST) -> UndecidedError:
    return UndecidedError(reason_of(error), getattr(node, "col_offset", 0))


def reason_of(error: Exception) -> str:
    """Why plain Python refuses an operation, in words."""
    match error:
        case OverLimitError():
            return f"It was given up: {error}."
        case KeyError():
            return f"There is no key {str(error.args[0])[:80]!r}."
        case IndexError():
            return "There is no member with this index."
        case ZeroDivisionError():
            return "It divides by zero."
        case RecursionError():
            return "It is nested too deep."
    return f"It cannot be worked out: {str(error)[:200]}."


#: What plain Python raises where an operation and its values do not fit.
REFUSALS = (LookupError, TypeError, ValueError, ArithmeticError, OverLimitError, RecursionError, AttributeError)


def _constant(node: ast.Constant) -> Part:
    value = node.value
    return lambda environment: value


def _name(node: ast.Name) -> Part:
    if node.id == "data":
        return lambda environment: environment.data
    name = node.id
    return lambda environment: environment.names[name]


def _subscript(node: ast.Subscript) -> Part:
    owner = compile_node(node.value)
    if isinstance(node.slice, ast.Constant):
        return _constant_subscript(node, owner, node.slice.value)
    index = _slice(node.slice) if isinstance(node.slice, ast.Slice) else compile_node(node.slice)

    def subscript(environment: Environment) -> Any:
        container, key = owner(environment), index(environment)
        try:
            if isinstance(key, slice) and isinstance(container, (str, list)):
                environment.spend(1 + len(container) // MEMBERS_A_STEP)
            return container[key]
        except REFUSALS as error:
            raise _undecided(error, node) from error

    return subscript


def _constant_subscript(node: ast.Subscript, owner: Part, key: Any) -> Part:
    """The commonest node of all, `data["key"]`, costs one look-up."""

    def subscript(environment: Environment) -> Any:
        container = owner(environment)
        try:
            return container[key]
        except REFUSALS as error:
            raise _undecided(error, node) from error

    return subscript


def _slice(node: ast.Slice) -> Part:
    parts = [compile_node(part) if part else None for part in (node.lower, node.upper, node.step)]
    return lambda environment: slice(*(part(environment) if part else None for part in parts))


def _and_or(node: ast.BoolOp) -> Part:
    parts = [compile_node(value) for value in node.values]
    return _disjunction(parts) if isinstance(node.op, ast.Or) else _conjunction(parts)


def _conjunction(parts: list[Part]) -> Part:
    def conjunction(environment: Environment) -> Any:
        unknown: UndecidedError | None = None
        value: Any = True
        for part in parts:
            try:
                value = part(environment)
            except UndecidedError as error:
                unknown = unknown or error
                continue
            if not value:
                return value
        if unknown:
            raise unknown
        return value

    return conjunction


def _disjunction(parts: list[Part]) -> Part:
    def disjunction(environment: Environment) -> Any:
        unknown: UndecidedError | None = None
        value: Any = False
        for part in parts:
            try:
                value = part(environment)
            except UndecidedError as error:
                unknown = unknown or error
                continue
            if value:
                return value
        if unknown:
            raise unknown
        return value

    return disjunction


def _unary(node: ast.UnaryOp) -> Part:
    operand = compile_node(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda environment: not operand(environment)
    operation = UNARY[type(node.op).__name__]

    def unary(environment: Environment) -> Any:
        value = operand(environment)
        try:
            return operation(value)
        except REFUSALS as error:
            raise _undecided(error, node) from error

    return unary


def _binary(node: ast.BinOp) -> Part:
    left, right = compile_node(node.left), compile_node(node.right)
    operation = BINARY[type(node.op).__name__]

    def binary(environment: Environment) -> Any:
        first, second = left(environment), right(environment)
        try:
            result = operation(first, second)
            if isinstance(result, (str, list, tuple)):
                environment.spend(1 + len(result) // MEMBERS_A_STEP)  # or a loop would make, and keep, gigabytes
        except REFUSALS as error:
            raise _undecided(error, node) from error
        return result

    return binary


def _compare(node: ast.Compare) -> Part:
    """A chain is a conjunction of comparisons whose shared operands are worked out once."""
    operands = [compile_node(part) for part in (node.left, *node.comparators)]
    comparisons = [COMPARISONS[type(each).__name__] for each in node.ops]
    if len(comparisons) == 1:
        return _compare_two(node, operands[0], comparisons[0], operands[1])

    def chain(environment: Environment) -> Any:
        values = [_Lazy(operand, environment) for operand in operands]
        pairs = zip(values, comparisons, values[1:], strict=False)
        return _conjunction([_link(node, *pair) for pair in pairs])(environment)

    return chain


def _link(node: ast.Compare, left: "_Lazy", compare: Callable[..., Any], right: "_Lazy") -> Part:
    return lambda environment: _compared(node, environment, left(), compare, right())


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


def _compare_two(node: ast.Compare, left: Part, compare: Callable[..., Any], right: Part) -> Part:
    def comparison(environment: Environment) -> Any:
        first, second = left(environment), right(environment)
        try:
            return compare(environment, first, second)
        except REFUSALS as error:
            raise _undecided(error, node) from error

    return comparison


def _compared(node: ast.Compare, environment: Environment, left: Any, compare: Callable[..., Any], right: Any) -> Any:
    try:
        return compare(environment, left, right)
    except REFUSALS as error:
        raise _undecided(error, node) from error


def _conditional(node: ast.IfExp) -> Part:
    test, then, otherwise = compile_node(node.test), compile_node(node.body), compile_node(node.orelse)
    return lambda environment: then(environment) if test(environment) else otherwise(environment)


def _display(node: ast.List | ast.Tuple | ast.Set) -> Part:
    parts = [compile_node(each) for each in node.elts]
    make = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]

    def display(environment: Environment) -> Any:
        try:
            return make([part(environment) for part in parts])
        except TypeError as error:
            raise _undecided(error, node) from error

    return display


def _dict(node: ast.Dict) -> Part:
    pairs = [(compile_node(key), compile_node(value)) for key, value in zip(node.keys, node.values, strict=True) if key]

    def display(environment: Environment) -> Any:
        try:
            return {key(environment): value(environment) for key, value in pairs}
        except TypeError as error:
            raise _undecided(error, node) from error

    return display


def _call(node: ast.Call) -> Part:
    if isinstance(node.func, ast.Attribute):
        return _method_call(node, node.func)
    assert isinstance(node.func, ast.Name)  # noqa: S101 - the grammar allows nothing else
    if node.func.id in ("any", "all") and len(node.args) == 1:
        return _quantifier(node, node.args[0], is_any=node.func.id == "any")
    function = FUNCTIONS[node.func.id]
    arguments = [compile_node(each) for each in node.args]

    def call(environment: Environment) -> Any:
        values = [argument(environment) for argument in arguments]
        try:
            return function(environment, *values)
        except REFUSALS as error:
            raise _undecided(error, node) from error

    return call


def _method_call(node: ast.Call, callee: ast.Attribute) -> Part:
    owner, name = compile_node(callee.value), callee.attr
    arguments = [compile_node(each) for each in node.args]

    def call(environment: Environment) -> Any:
        value, values = owner(environment), [argument(environment) for argument in arguments]
        try:
            return call_method(environment, name, value, values)
        except REFUSALS as error:
            raise _undecided(error, node) from error

    return call


def _quantifier(node: ast.Call, argument: ast.expr, *, is_any: bool) -> Part:
    """`any` and `all` of members: an unknown one counts as it does between `or` and `and`."""
    members = _members(argument)
    if members is None:
        function, value = FUNCTIONS["any" if is_any else "all"], compile_node(argument)
        return lambda environment: _applied(node, environment, function, value(environment))

    def quantifier(environment: Environment) -> bool:
        unknown: UndecidedError | None = None
        for member in members(environment):
            try:
                value = member()
            except UndecidedError as error:
                unknown = unknown or error
                continue
            if bool(value) is is_any:
                return is_any
        if unknown:
            raise unknown
        return not is_any

    return _scoped(quantifier)


def _scoped(part: Part) -> Part:
    """`part` with names of its own: what a comprehension names hides an outer name, and only as long as it lasts."""

    def scoped(environment: Environment) -> Any:
        outer = environment.names
        environment.names = outer.copy()
        try:
            return part(environment)
        finally:
            environment.names = outer

    return scoped


def _applied(node: ast.Call, environment: Environment, function: Callable[..., Any], value: Any) -> Any:
    try:
        return function(environment, value)
    except REFUSALS as error:
        raise _undecided(error, node) from error


Members = Callable[[Environment], Iterator[Callable[[], Any]]]


def _members(node: ast.expr) -> Members | None:
    """The members of a display or a comprehension one by one, each still to be worked out; None for other nodes."""
    if isinstance(node, ast.List | ast.Tuple):
        parts = [compile_node(each) for each in node.elts]
        return lambda environment: (lambda part=part: part(environment) for part in parts)  # type: ignore[misc]
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return _loops(node)
    return None


def _loops(node: ast.ListComp | ast.GeneratorExp) -> Members:
    element = compile_node(node.elt)
    loops = [
        (loop.target, compile_node(loop.iter), [compile_node(each) for each in loop.ifs]) for loop in node.generators
    ]

    cost = max(8, sum(1 for _ in ast.walk(node)) // 2)

    def walk(environment: Environment, depth: int) -> Iterator[Callable[[], Any]]:
        if depth == len(loops):
            yield lambda: element(environment)
            return
        target, source, conditions = loops[depth]
        try:
            for member in _iterated(node, environment, source, cost):
                yield from step(environment, depth, target, member, conditions)
        except UndecidedError as error:
            yield _raising(error)

    def step(
        environment: Environment, depth: int, target: ast.expr, member: Any, conditions: list[Part]
    ) -> Iterator[Callable[[], Any]]:
        try:
            _bind(node, environment, target, member)
            is_in = all(condition(environment) for condition in conditions)
        except UndecidedError as error:
            yield _raising(error)
            return
        if is_in:
            yield from walk(environment, depth + 1)

    return lambda environment: walk(environment, 0)


def _raising(error: UndecidedError) -> Callable[[], Any]:
    def member() -> Any:
        raise error

    return member


def _iterated(node: ast.expr, environment: Environment, source: Part, cost: int) -> Iterator[Any]:
    try:
        for member in source(environment):
            environment.spend(cost)
            yield member
    except REFUSALS as error:
        raise _undecided(error, node) from error


def _bind(node: ast.expr, environment: Environment, target: ast.expr, member: Any) -> None:
    if isinstance(target, ast.Name):
        environment.names[target.id] = member
        return
    assert isinstance(target, ast.Tuple)  # noqa: S101 - the grammar allows nothing else
    try:
        environment.spend_on(member)
        pairs = list(zip(target.elts, member, strict=True))
    except REFUSALS as error:
        raise _undecided(error, node) from error
    for part, value in pairs:
        _bind(node, environment, part, value)


def _comprehension(node: ast.ListComp | ast.GeneratorExp) -> Part:
    members = _loops(node)
    return _scoped(lambda environment: [member() for member in members(environment)])


_COMPILERS: dict[type[ast.expr], Callable[[Any], Part]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Subscript: _subscript,
    ast.BoolOp: _and_or,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.List: _display,
    ast.Tuple: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}
