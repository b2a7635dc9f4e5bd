"""Which names of topics a subscriber's topic means."""

import pytest

from subscribers.topics import covers, patterns_of

NAMES = ["order", "order.created", "order.created.late", "orders", "Order.created", "ö"]


@pytest.mark.parametrize(
    ("wanted", "covered"),
    [
        ("order.created", ["order.created"]),
        ("order.*", ["order.created", "order.created.late"]),
        ("order*", ["order", "order.created", "order.created.late", "orders"]),
        ("*", NAMES),
        ("invoice.*", []),
    ],
)
def test_a_topic_means_itself_and_a_pattern_all_that_begin_so(wanted: str, covered: list[str]) -> None:
    assert [name for name in NAMES if covers(wanted, name)] == covered
    assert [name for name in NAMES if wanted in (name, *patterns_of(name))] == covered, "as lists are asked for them"
