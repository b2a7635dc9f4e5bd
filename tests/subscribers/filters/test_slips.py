"""What is a filter but surely not the one that was meant is warned of; what is meant so is not."""

import pytest

from subscribers.filters import FilterError
from subscribers.filters.slips import find_slip


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ('data["total"] > 1,000', "With a comma", "without a comma"),
        ('data["a"] == 1 and (data["total"] > 1,500)', "With a comma", "without a comma"),
        ('data["country"] in "DE", "NL"', "With a comma", "Put brackets around"),
        ('data["country"] == "DE" or "NL"', "The value 'NL' stands alone, which always holds.", "x in"),
        ('not (data["a"] == 1 or 0)', "The value 0 stands alone, which never holds.", "Compare it"),
        ('data["country"] in ["DE" "NL"]', "Two texts", "Write a comma"),
        ('data["country"] in [\r\n"DE"\n"NL"]', "Two texts", "Write a comma"),
    ],
)
def test_a_slip_is_told_with_what_to_write(expression: str, message: str, hint: str) -> None:
    slip = find_slip(expression)
    assert slip
    assert message in slip.message
    assert hint in slip.hint


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " \n",
        'data["total"] > 1000',
        'data["country"] in ("DE", "NL")',
        '(data["a"].get("total") or 0) > 5',
        'data["a"] == "x" or False',
        'data["flag"] and data["other"]',
        '"DE" in data["countries"]',
        "True",
    ],
)
def test_what_is_meant_so_is_no_slip(expression: str) -> None:
    assert find_slip(expression) is None


def test_what_is_no_filter_is_refused() -> None:
    with pytest.raises(FilterError):
        find_slip("data[")
