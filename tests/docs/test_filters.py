"""What docs/filters.md says about the language is what the language does."""

import re
from pathlib import Path

import pytest

from subscribers.filters import FilterError, Unknown, compile_filter
from subscribers.filters.grammar import FUNCTIONS, METHODS

TEXT = (Path(__file__).parents[2] / "docs" / "filters.md").read_text()
EXAMPLES = re.search(r"```python\n(.*?)```", TEXT, re.S)[1].splitlines()  # type: ignore[index]
MESSAGE = re.search(r"```text\n(.*?)\n```", TEXT, re.S)[1]  # type: ignore[index]


@pytest.mark.parametrize("expression", EXAMPLES)
def test_every_example_compiles(expression: str) -> None:
    assert compile_filter(expression).expression == expression


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
