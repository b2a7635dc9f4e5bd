"""Every example of docs/filters.md is a filter."""

import re
from pathlib import Path

import pytest

from subscribers.filters import compile_filter

DOC = Path(__file__).parents[3] / "docs" / "filters.md"
EXAMPLES = re.findall(r"^```\n(.*?)^```$", DOC.read_text(), re.MULTILINE | re.DOTALL)
ORIGINALS = (
    'data["body"]["x"] == 1 and data["headers"]["y"] == "z" or data["special_key"] == "special value"\n',
    'data["http_method"] == "post" and data["body"]["x"] and data["body"]["x"]["y"]\n',
)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_of_the_documentation_compiles(example: str) -> None:
    compile_filter(example)


def test_documentation_shows_the_examples_of_the_original() -> None:
    assert set(ORIGINALS) <= set(EXAMPLES)
