"""What docs/filters.md says about the language is what the language does."""

from typing import Any

import pytest

from bench.matching import DATA, SHAPES
from subscribers.filters import FilterError, Unknown, compile_filter
from subscribers.filters.compiling import compile_node
from subscribers.filters.evaluation import Environment
from subscribers.filters.grammar import FUNCTIONS, METHODS
from subscribers.filters.limits import MAX_STEPS
from subscribers.filters.parsing import parse
from tests.docs.commands import blocks, page

TEXT = page("filters.md")
EXAMPLES = [example for block in blocks(TEXT, "python") for example in block.splitlines()]
[MESSAGE] = [block.rstrip() for block in blocks(TEXT, "text")]


@pytest.mark.parametrize("expression", EXAMPLES)
def test_every_example_compiles(expression: str) -> None:
    assert compile_filter(expression).expression == expression


ORDER = {
    "http_method": "post",
    "headers": {"x-source": "Shop-7", "y": "z"},
    "special_key": "special value",
    "body": {
        "total": 120,
        "x": {"y": 1},
        "country": "fr",
        "items": [{"sku": str(number), "price": 1.5} for number in range(20)],
        "tags": ["new"] * 20,
        "age": 40,
        "coupon": None,
        "customer": 4711,
        "kind": "order",
        "state": "sent",
    },
}


@pytest.mark.parametrize(
    ("expression", "data"),
    [*((each, ORDER) for each in EXAMPLES), *((shape(0), DATA) for shape in SHAPES.values())],
)
def test_everyday_filters_take_less_than_a_hundredth_of_the_budget(expression: str, data: dict[str, Any]) -> None:
    environment = Environment(data)
    compile_node(parse(expression))(environment)
    assert MAX_STEPS - environment.steps < MAX_STEPS / 100


def test_the_message_shown_is_the_one_that_comes() -> None:
    with pytest.raises(FilterError) as refused:
        compile_filter('data["body"]["total"] > limit')
    assert refused.value.pointed() == MESSAGE


def test_every_function_and_method_is_listed() -> None:
    assert f"| functions | `{' '.join(FUNCTIONS)}` |" in TEXT
    methods = [name for name in METHODS if name != "get"]
    assert f"| methods of text | `{' '.join(methods)}` |" in TEXT


def test_unknown_is_as_the_table_says() -> None:
    unknown = 'data["absent"]'
    for expression, expected in {
        f"{unknown} and True": None,
        f"{unknown} and False": False,
        f"{unknown} or True": True,
        f"{unknown} or False": None,
        f"not {unknown}": None,
        'not data["a"] == 1': None,
        'data.get("a") != 1': True,
    }.items():
        result = compile_filter(expression).evaluate({})
        assert (None if isinstance(result, Unknown) else result) is expected, expression
