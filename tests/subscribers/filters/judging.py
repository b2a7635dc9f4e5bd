"""One word for what a filter says of data, so that tables read as `expression, data, verdict`."""

from typing import Any

from subscribers.filters import Unknown, compile_filter

UNKNOWN = "unknown"


def judge(expression: str, data: Any) -> bool | str:
    """True, False or UNKNOWN."""
    result = compile_filter(expression).evaluate(data)
    return UNKNOWN if isinstance(result, Unknown) else result
