"""Counts as people read them."""

import pytest

from dispatch.quantities import quantity


@pytest.mark.parametrize(
    ("number", "words", "told"),
    [
        (0, ("event",), "0 events"),
        (1, ("event",), "1 event"),
        (1204, ("event",), "1,204 events"),
        (1, ("delivery", "deliveries"), "1 delivery"),
        (2, ("delivery", "deliveries"), "2 deliveries"),
    ],
)
def test_a_count_agrees_with_its_word(number: int, words: tuple[str, ...], told: str) -> None:
    assert quantity(number, *words) == told
