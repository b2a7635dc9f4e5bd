"""A compiled filter keeps what it evaluates by, and not the tree that it was read from."""

import ast
import gc
from typing import Any

import pytest

from subscribers.filters import compile_filter


def reachable(start: object) -> list[Any]:
    """All that a compiled filter holds, less modules' own names."""
    seen: dict[int, Any] = {}
    waiting: list[Any] = [start]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type) or (isinstance(each, dict) and "__name__" in each):
            continue
        seen[id(each)] = each
        waiting.extend(gc.get_referents(each))
    return list(seen.values())


@pytest.mark.parametrize(
    "expression",
    [
        'data["a"]["b"] == 1 and data.get("c") in (1, 2) or not data["d"] > 1.5',
        '1 < len(data["a"]) + 1 <= 5',
        'data["a"].lower().startswith("x") if data["b"] else any(data["c"])',
        'data["a"][1:] == [data["b"], -data["c"]]',
    ],
)
def test_no_tree_is_kept(expression: str) -> None:
    assert not [each for each in reachable(compile_filter(expression)) if isinstance(each, ast.expr)]
