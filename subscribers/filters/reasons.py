"""How an evaluation says that something cannot be known, and why, in words."""

from typing import Any


class OverLimitError(Exception):
    """An operation would take too long, or make something too large."""


class UndecidedError(Exception):
    """Inside of an evaluation: this part is unknown, for the `cause` that Python gives.

    `offset` counts bytes of the text that was parsed. The words are found only when somebody asks: a loop may meet
    thousands of causes of which one is told.
    """

    def __init__(self, cause: Exception, offset: int) -> None:
        super().__init__(cause, offset)
        self.cause = cause
        self.offset = offset

    @property
    def reason(self) -> str:
        return reason_of(self.cause)


def reason_of(error: Exception) -> str:
    """Why plain Python refuses an operation, in words."""
    match error:
        case OverLimitError():
            return f"It was given up: {error}."
        case KeyError():
            return f"There is no key {_shown(error.args[0])}."
        case IndexError():
            return "There is no member with this index."
        case ZeroDivisionError():
            return "It divides by zero."
        case RecursionError():
            return "It is nested too deep."
    return f"It cannot be worked out: {str(error)[:200]}."


def _shown(key: Any) -> str:
    """A key as an expression has it; of one that would be long to write out only its kind."""
    if isinstance(key, str):
        return repr(key[:80])
    is_short = isinstance(key, float | bool | None) or (isinstance(key, int) and key.bit_length() < 256)
    return repr(str(key)[:80]) if is_short else f"of this kind ({type(key).__name__})"
