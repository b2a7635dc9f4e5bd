"""Statuses as people write them."""

import pytest

from dispatch.statuses import statuses


@pytest.mark.parametrize(
    ("text", "meant"), [("503", (503, 503)), (" 200 ", (200, 200)), ("5xx", (500, 599)), ("4XX", (400, 499))]
)
def test_one_or_all_of_a_kind_are_meant(text: str, meant: tuple[int, int]) -> None:
    assert statuses(text) == meant


@pytest.mark.parametrize("text", ["", "many", "50", "5000", "6xx", "099", "5x", "-503", "٥٠٣"])
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="Write a status such as 500"):
        statuses(text)
