"""Which clauses keep an expression from holding."""

import pytest

from subscribers.filters.blaming import to_blame
from subscribers.filters.explaining import explain

DATA = {"a": 1, "b": 0, "tags": ["x", "y"]}


@pytest.mark.parametrize(
    ("expression", "blamed"),
    [
        ("", []),
        ('data["a"] == 1', []),
        ('data["a"] == 2', ['data["a"] == 2']),
        ('data["a"] == 1 and data["a"] > 5', ['data["a"] > 5']),
        ('data["a"] > 5 and data["c"] == 1', ['data["a"] > 5', 'data["c"] == 1']),
        ('data["a"] > 5 or data["c"] == 1', ['data["a"] > 5', 'data["c"] == 1']),
        ('data["a"] == 1 and (data["a"] == 3 or data["a"] == 4)', ['data["a"] == 3', 'data["a"] == 4']),
        ('data["b"] > 1', ['data["b"] > 1']),
        ('data["b"]', ['data["b"]']),
        ('not data["a"] == 1', ['not data["a"] == 1']),
        ('any(tag == "z" for tag in data["tags"]) and data["a"]', ['any(tag == "z" for tag in data["tags"])']),
        ('data["a"] == 1 and (\n  data["b"] > 1\n  and data["a"])', ['data["b"] > 1']),
    ],
)
def test_the_deciding_clauses_are_named(expression: str, blamed: list[str]) -> None:
    assert [part.text for part in to_blame(explain(expression, DATA))] == blamed
