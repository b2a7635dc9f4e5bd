"""Python's operators, functions and methods, each within bounds."""

import operator
from collections.abc import Callable
from typing import Any

from subscribers.filters import prices
from subscribers.filters.evaluation import Environment, OverLimitError
from subscribers.filters.limits import (
    MAX_ALTERNATIVES,
    MAX_BITS,
    MAX_NUMBER_LENGTH,
    MAX_RESULT_LENGTH,
    MAX_ROUND_DIGITS,
)

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
                environment.spend(1 + len(shorter) // prices.SAME)
            else:
                environment.spend_on(shorter)
        return compare(left, right)

    return comparing


def _contains(environment: Environment, member: Any, container: Any) -> bool:
    if isinstance(container, str) and isinstance(member, str):
        environment.spend(prices.searched(container, member))
    elif isinstance(container, (list, tuple)):
        if isinstance(member, Containers):
            environment.spend_on(container)
        else:
            environment.spend(1 + len(container) * (4 if _is_dear(member) else 1))
    else:
        pay_to_hash(environment, member)
    return member in container


def pay_to_hash(environment: Environment, key: Any) -> None:
    """For a key to look up; that of a number costs nothing worth telling."""
    if isinstance(key, (str, tuple)):
        environment.spend_on(key, prices.hashed)


def _is_dear(number: Any) -> bool:
    """Whether to compare it with another number may take some hundred nanoseconds."""
    return isinstance(number, float) or (isinstance(number, int) and number.bit_length() > 64)


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


def _number(function: Callable[[Any], Any], price: Callable[[str], int]) -> Callable[..., Any]:
    """Python's int or float with one argument at most, after paying for it."""

    def calling(environment: Environment, *arguments: Any) -> Any:
        _refuse_more_than_one(function, arguments)
        if arguments and isinstance(arguments[0], str):
            if len(arguments[0]) > MAX_NUMBER_LENGTH:
                raise OverLimitError("the text is too long for a number")
            environment.spend(price(arguments[0]))
        return function(*arguments)

    return calling


def _refuse_more_than_one(function: Callable[[Any], Any], arguments: tuple[Any, ...]) -> None:
    if len(arguments) > 1:
        raise TypeError(f"{function.__name__} takes one argument, not {len(arguments)}")


def _str(environment: Environment, *arguments: Any) -> str:
    _refuse_more_than_one(str, arguments)
    if arguments and not isinstance(arguments[0], str):
        environment.spend_on(arguments[0], prices.written)
    return str(*arguments)


def _extreme(function: Callable[..., Any]) -> Callable[..., Any]:
    """min and max, which compare each member with the best so far."""

    def calling(environment: Environment, *arguments: Any) -> Any:
        environment.spend_on(arguments)
        if len(arguments) == 1 and isinstance(arguments[0], Containers):
            environment.spend(prices.ORDERED * len(arguments[0]))
        return function(*arguments)

    return calling


def _truths(function: Callable[[Any], bool]) -> Callable[..., bool]:
    """any and all of a list that is there already."""

    def calling(environment: Environment, *arguments: Any) -> bool:
        if arguments and isinstance(arguments[0], Containers):
            environment.spend(1 + len(arguments[0]))
        return function(*arguments)

    return calling


def _abs(environment: Environment, *arguments: Any) -> Any:
    return abs(*arguments)


def _len(environment: Environment, *arguments: Any) -> int:
    return len(*arguments)


def _bool(environment: Environment, *arguments: Any) -> bool:
    return bool(*arguments)


def _round(environment: Environment, *arguments: Any) -> Any:
    if len(arguments) > 1 and isinstance(arguments[1], int) and abs(arguments[1]) > MAX_ROUND_DIGITS:
        raise OverLimitError("it rounds to too many digits")
    if len(arguments) > 1:
        environment.spend(prices.rounded(*arguments[:2]))
    return round(*arguments)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": _len,
    "bool": _bool,
    "int": _number(int, prices.read_as_int),
    "float": _number(float, prices.read_as_float),
    "str": _str,
    "abs": _abs,
    "min": _extreme(min),
    "max": _extreme(max),
    "any": _truths(any),
    "all": _truths(all),
    "round": _round,
}


def call_method(environment: Environment, name: str, owner: Any, arguments: list[Any]) -> Any:
    """`owner.name(*arguments)`, for the methods that only look, and only of JSON's own types."""
    if name == "get":
        if not isinstance(owner, dict):
            raise TypeError(f"{type(owner).__name__} has no get")
        if arguments:
            pay_to_hash(environment, arguments[0])
        return owner.get(*arguments)
    if not isinstance(owner, str):
        raise TypeError(f"{type(owner).__name__} has no {name}")
    _PAYING[name](environment, owner, arguments)
    return getattr(owner, name)(*arguments)


def _pay_to_lower(environment: Environment, text: str, arguments: list[Any]) -> None:
    environment.spend(prices.lowered(text))


def _pay_to_upper(environment: Environment, text: str, arguments: list[Any]) -> None:
    environment.spend(prices.uppered(text))


def _pay_to_strip(environment: Environment, text: str, arguments: list[Any]) -> None:
    if arguments and isinstance(arguments[0], str):
        environment.spend(prices.stripped(text, arguments[0]))
    else:
        environment.spend(prices.stripped_of_blanks(text))


def _pay_to_compare(environment: Environment, text: str, arguments: list[Any]) -> None:
    """For startswith and endswith, which take several alternatives as well."""
    if arguments and isinstance(arguments[0], tuple) and len(arguments[0]) > MAX_ALTERNATIVES:
        raise OverLimitError("it has too many alternatives")
    environment.spend_on(arguments[:1])


def _pay_to_split(environment: Environment, text: str, arguments: list[Any]) -> None:
    """A list of texts is much larger than the text: members are counted before they are made."""
    if not arguments or not isinstance(arguments[0], str) or not arguments[0]:
        environment.spend(prices.split_at_blanks(text))
        return
    environment.spend(prices.split_at(text, arguments[0]))
    environment.spend(text.count(arguments[0]))


_PAYING: dict[str, Callable[[Environment, str, list[Any]], None]] = {
    "lower": _pay_to_lower,
    "upper": _pay_to_upper,
    "strip": _pay_to_strip,
    "startswith": _pay_to_compare,
    "endswith": _pay_to_compare,
    "split": _pay_to_split,
}
