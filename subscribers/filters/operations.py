"""Python's operators, functions and methods, each within bounds."""

import operator
from collections.abc import Callable
from typing import Any

from subscribers.filters.evaluation import Environment, OverLimitError
from subscribers.filters.limits import CHARACTERS_A_STEP, MAX_BITS, MAX_RESULT_LENGTH, MAX_ROUND_DIGITS

Number = int | float
Containers = (str, list, tuple, dict, set)


def add(left: Any, right: Any) -> Any:
    if isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
        _limit_length(len(left) + len(right))
    return left + right


def multiply(left: Any, right: Any) -> Any:
    if isinstance(left, (str, list, tuple)) or isinstance(right, (str, list, tuple)):
        times, many = (right, left) if isinstance(right, int) else (left, right)
        if isinstance(times, int):
            _limit_length(len(many) * max(times, 0))
    elif isinstance(left, int) and isinstance(right, int):
        _limit_bits(left.bit_length() + right.bit_length())
    return left * right


def power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        _limit_bits(left.bit_length() * right)
    result = left**right
    if isinstance(result, complex):
        raise ArithmeticError("the root of a negative number is not a number here")
    return result


def remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise TypeError("% formats text, which a filter cannot do")
    return left % right


def _limit_length(length: int) -> None:
    if length > MAX_RESULT_LENGTH:
        raise OverLimitError("it makes something too large")


def _limit_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise OverLimitError("it makes a number of too many digits")


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": add,
    "Sub": operator.sub,
    "Mult": multiply,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": remainder,
    "Pow": power,
}
UNARY: dict[str, Callable[[Any], Any]] = {"UAdd": operator.pos, "USub": operator.neg}

Comparison = Callable[[Environment, Any, Any], Any]


def _paid(compare: Callable[[Any, Any], Any]) -> Comparison:
    """Comparing two containers walks both, as far as they are equal."""

    def comparing(environment: Environment, left: Any, right: Any) -> Any:
        kind = type(left)
        if kind is type(right) and kind in Containers:
            shorter = left if len(left) < len(right) else right
            if kind is str:
                environment.spend(1 + len(shorter) // CHARACTERS_A_STEP)
            else:
                environment.spend_on(shorter)
        return compare(left, right)

    return comparing


def _contains(environment: Environment, member: Any, container: Any) -> bool:
    if isinstance(container, str):
        environment.spend(1 + len(container) // CHARACTERS_A_STEP)
    elif isinstance(container, (list, tuple)):
        environment.spend_on(container) if isinstance(member, Containers) else environment.spend(1 + len(container))
    return member in container


def _lacks(environment: Environment, member: Any, container: Any) -> bool:
    return not _contains(environment, member, container)


def _is(environment: Environment, left: Any, right: Any) -> bool:
    return left is right


def _is_not(environment: Environment, left: Any, right: Any) -> bool:
    return left is not right


COMPARISONS: dict[str, Comparison] = {
    "Eq": _paid(operator.eq),
    "NotEq": _paid(operator.ne),
    "Lt": _paid(operator.lt),
    "LtE": _paid(operator.le),
    "Gt": _paid(operator.gt),
    "GtE": _paid(operator.ge),
    "In": _contains,
    "NotIn": _lacks,
    "Is": _is,
    "IsNot": _is_not,
}


def _one(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """Python's function with one argument at most, after paying for it."""

    def calling(environment: Environment, *arguments: Any) -> Any:
        if len(arguments) > 1:
            raise TypeError(f"{function.__name__} takes one argument, not {len(arguments)}")
        environment.spend_on(arguments[0] if arguments else None)
        return function(*arguments)

    return calling


def _many(function: Callable[..., Any]) -> Callable[..., Any]:
    def calling(environment: Environment, *arguments: Any) -> Any:
        for argument in arguments:
            environment.spend_on(argument)
        return function(*arguments)

    return calling


def _len(environment: Environment, *arguments: Any) -> int:
    return len(*arguments)


def _bool(environment: Environment, *arguments: Any) -> bool:
    return bool(*arguments)


def _round(environment: Environment, *arguments: Any) -> Any:
    if len(arguments) > 1 and isinstance(arguments[1], int) and abs(arguments[1]) > MAX_ROUND_DIGITS:
        raise OverLimitError("it rounds to too many digits")
    return round(*arguments)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": _len,
    "bool": _bool,
    "int": _one(int),
    "float": _one(float),
    "str": _one(str),
    "abs": _one(abs),
    "min": _many(min),
    "max": _many(max),
    "any": _many(any),
    "all": _many(all),
    "round": _round,
}


def call_method(environment: Environment, name: str, owner: Any, arguments: list[Any]) -> Any:
    """`owner.name(*arguments)`, for the methods that only look, and only of JSON's own types."""
    if name == "get":
        if not isinstance(owner, dict):
            raise TypeError(f"{type(owner).__name__} has no get")
        return owner.get(*arguments)
    if not isinstance(owner, str):
        raise TypeError(f"{type(owner).__name__} has no {name}")
    # Each makes or walks a text; split makes a list that is much larger than the text.
    environment.spend(1 + len(owner) // (8 if name == "split" else CHARACTERS_A_STEP))
    if name == "strip" and arguments and isinstance(arguments[0], str):
        # It may look for each character of the text in all of the argument.
        environment.spend(len(owner) * len(arguments[0]) // (CHARACTERS_A_STEP * CHARACTERS_A_STEP))
    return getattr(owner, name)(*arguments)
