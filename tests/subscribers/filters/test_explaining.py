"""What an explanation says of each part of an expression."""

from typing import Any

import pytest
from hypothesis import given

from subscribers.filters import FilterError, compile_filter
from subscribers.filters.compiling import compile_node
from subscribers.filters.evaluation import Environment
from subscribers.filters.explaining import MEMBERS_TOLD, STEPS_IN_ALL, Explained, explain
from subscribers.filters.limits import MAX_STEPS
from subscribers.filters.parsing import parse
from tests.subscribers.filters.expressions import EVENTS, expressions

ORDER = {"body": {"total": 150, "country": "de", "items": [{"price": 10}, {}, {"price": 60}]}}


def told(explained: Explained, depth: int = 0) -> list[tuple[int, str, Any]]:
    """Depth, text and value of every part; the reason where there is no value."""
    own = (depth, explained.text, explained.unknown or explained.value)
    return [own, *(row for part in explained.parts for row in told(part, depth + 1))]


def test_no_part_is_left_out_because_another_one_decides() -> None:
    explained = explain('data["body"]["total"] > 200 and data["body"]["country"] == "at"', ORDER)
    assert told(explained) == [
        (0, 'data["body"]["total"] > 200 and data["body"]["country"] == "at"', False),
        (1, 'data["body"]["total"] > 200', False),
        (2, 'data["body"]["total"]', 150),
        (1, 'data["body"]["country"] == "at"', False),
        (2, 'data["body"]["country"]', "de"),
    ]


def test_a_part_that_is_unknown_says_why_and_how_far_it_came() -> None:
    explained = explain('data["body"]["address"]["city"] == "Wien"', ORDER)
    reason = "There is no key 'address'."
    assert told(explained) == [
        (0, 'data["body"]["address"]["city"] == "Wien"', reason),
        (1, 'data["body"]["address"]["city"]', reason),
        (2, 'data["body"]["address"]', reason),
        (3, 'data["body"]', ORDER["body"]),
    ]
    assert explained.verdict == "unknown"


def test_both_branches_of_a_conditional_are_told() -> None:
    explained = explain('data["a"] if data["b"] else data["c"]', {"a": 1, "b": False, "c": 3})
    assert told(explained)[1:] == [(1, 'data["a"]', 1), (1, 'data["b"]', False), (1, 'data["c"]', 3)]


def test_a_loop_tells_its_members_one_by_one() -> None:
    explained = explain('any(item["price"] > 50 for item in data["body"]["items"])', ORDER)
    assert told(explained)[1:] == [
        (1, 'data["body"]["items"]', ORDER["body"]["items"]),
        (1, 'item["price"] > 50', False),
        (1, 'item["price"] > 50', "There is no key 'price'."),
        (1, 'item["price"] > 50', True),
    ]


def test_a_long_loop_tells_its_first_members_only() -> None:
    explained = explain('all(each > 0 for each in data["n"])', {"n": list(range(1, 1000))})
    assert len(explained.parts) == 1 + MEMBERS_TOLD
    assert explained.verdict == "true"


def test_a_loop_over_what_has_no_members_says_so_once() -> None:
    explained = explain('any(each > 0 for each in data["n"])', {"n": 5})
    assert [text for _, text, _ in told(explained)[1:]] == ['data["n"]']
    assert "not iterable" in explained.unknown


@pytest.mark.parametrize("expression", ["", "   ", "\n"])
def test_an_empty_expression_holds(expression: str) -> None:
    assert explain(expression, {}).verdict == "true"


def test_places_are_characters_of_the_expression_as_it_was_written() -> None:
    expression = '\n  data["größe"] == "ü"\n  and data["b"]'
    explained = explain(expression, {"größe": "ü", "b": 1})
    assert [expression[part.start : part.end] for part in explained.parts] == ['data["größe"] == "ü"', 'data["b"]']
    assert [part.text for part in explained.parts] == ['data["größe"] == "ü"', 'data["b"]']


def test_what_does_not_compile_is_refused() -> None:
    with pytest.raises(FilterError):
        explain("import os", {})


def test_all_parts_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = 0
    spend = Environment.spend

    def counted(environment: Environment, steps: int) -> None:
        nonlocal spent
        spend(environment, steps)
        spent += steps

    monkeypatch.setattr(Environment, "spend", counted)
    loops = ['any(0 for a in data["n"] for b in data["n"])'] * 25
    explained = explain(" or ".join(loops), {"n": list(range(1000))})
    assert all("too many steps" in part.unknown for part in explained.parts)
    assert STEPS_IN_ALL * 0.9 < spent <= STEPS_IN_ALL < 25 * MAX_STEPS


@given(expressions(), EVENTS)
def test_the_whole_comes_to_what_evaluation_says(expression: str, data: dict[str, Any]) -> None:
    try:
        compiled = compile_filter(expression)
    except FilterError:
        return
    result = compiled.evaluate(data)
    explained = explain(expression, data)
    assert explained.verdict == (str(result).lower() if isinstance(result, bool) else "unknown")
    if explained.verdict != "unknown":
        assert bool(compile_node(parse(expression))(Environment(data))) is bool(explained.value)
