"""Three-valued logic: what plain Python would refuse is unknown, and only what it could decide is decided."""

import itertools

import pytest

from tests.subscribers.filters.judging import UNKNOWN, judge

PARTS = {True: "1 == 1", False: "1 == 2", UNKNOWN: 'data["absent"] == 1'}
VALUES = (True, False, UNKNOWN)

AND = {(True, True): True, (True, UNKNOWN): UNKNOWN, (UNKNOWN, True): UNKNOWN, (UNKNOWN, UNKNOWN): UNKNOWN}
OR = {(False, False): False, (False, UNKNOWN): UNKNOWN, (UNKNOWN, False): UNKNOWN, (UNKNOWN, UNKNOWN): UNKNOWN}
PAIRS = list(itertools.product(VALUES, VALUES))


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_and_is_false_with_one_false_and_true_with_two_true(left: bool | str, right: bool | str) -> None:
    assert judge(f"{PARTS[left]} and {PARTS[right]}", {}) == AND.get((left, right), False)
    assert judge(f"all([{PARTS[left]}, {PARTS[right]}])", {}) == AND.get((left, right), False)


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_or_is_true_with_one_true_and_false_with_two_false(left: bool | str, right: bool | str) -> None:
    assert judge(f"{PARTS[left]} or {PARTS[right]}", {}) == OR.get((left, right), True)
    assert judge(f"any([{PARTS[left]}, {PARTS[right]}])", {}) == OR.get((left, right), True)


@pytest.mark.parametrize(("value", "expected"), [(True, False), (False, True), (UNKNOWN, UNKNOWN)])
def test_not_of_unknown_is_unknown(value: bool | str, expected: bool | str) -> None:
    assert judge(f"not ({PARTS[value]})", {}) == expected


@pytest.mark.parametrize(
    ("test", "expected"), [(True, True), (False, UNKNOWN), (UNKNOWN, UNKNOWN)], ids=["then", "otherwise", "unknown"]
)
def test_conditional_needs_its_test_and_the_part_it_chooses(test: bool | str, expected: bool | str) -> None:
    assert judge(f"1 == 1 if {PARTS[test]} else {PARTS[UNKNOWN]}", {}) == expected


CHAINS = [
    ("1 < 2 < 3", True),
    ("1 < 3 < 2", False),
    ('1 < data["absent"] < 3', UNKNOWN),
    ('1 < data["absent"] < 3 < 2', False),
    ('2 < 1 < data["absent"]', False),
    ('data["absent"] < 2 < 1', False),
    ('data["absent"] < 1 < 2', UNKNOWN),
    ('1 < "a" < 2', UNKNOWN),
    ('1 < 2 == 2 in [2] != data["absent"]', UNKNOWN),
]


@pytest.mark.parametrize(("expression", "expected"), CHAINS, ids=[row[0] for row in CHAINS])
def test_chain_is_a_conjunction_of_its_comparisons(expression: str, expected: bool | str) -> None:
    assert judge(expression, {}) == expected


MEMBERS = {"rows": [{"a": 1}, {"b": 2}, {"a": 3}]}
QUANTIFIED = [
    ('any(row["a"] == 3 for row in data["rows"])', True),
    ('any(row["a"] == 4 for row in data["rows"])', UNKNOWN),
    ('any([row["a"] == 3 for row in data["rows"]])', True),
    ('any(row["a"] == 1 for row in data["rows"] if row["a"] < 3)', True),
    ('any(row["a"] == 4 for row in data["rows"] if row["a"] < 3)', UNKNOWN),
    ('all(row["a"] == 1 for row in data["rows"])', False),
    ('all(row["a"] > 0 for row in data["rows"])', UNKNOWN),
    ('all(row.get("a", 5) > 0 for row in data["rows"])', True),
    ('any(row["a"] for row in data["none"])', UNKNOWN),
    ('any(letter == "b" for row in data["rows"] for letter in row)', True),
    ('any(digit == 1 for row in data["rows"] for digit in [row["b"] - 1])', True),
    ('any(digit == 9 for row in data["rows"] for digit in [row["b"] - 1])', UNKNOWN),
    ('any(data["none"])', UNKNOWN),
    ('any(data["rows"][0]["a"])', UNKNOWN),
]


@pytest.mark.parametrize(("expression", "expected"), QUANTIFIED, ids=[row[0] for row in QUANTIFIED])
def test_unknown_member_counts_as_between_or_and_and(expression: str, expected: bool | str) -> None:
    assert judge(expression, MEMBERS) == expected


WHOLE = [
    ('1 in [1, data["absent"]]', UNKNOWN),
    ('data["absent"] in [1]', UNKNOWN),
    ('len([row["a"] for row in data["rows"]]) == 3', UNKNOWN),
    ('{"k": data["absent"]} == {}', UNKNOWN),
    ('str(data["absent"]) == ""', UNKNOWN),
    ('data["absent"].lower() == ""', UNKNOWN),
    ('data.get("absent").lower() == ""', UNKNOWN),
    ('1 + data["absent"] == 2', UNKNOWN),
    ('data["rows"][data["absent"]] == 2', UNKNOWN),
    ('data["rows"][: data["absent"]] == []', UNKNOWN),
    ("{data} == {1}", UNKNOWN),
    ("{data: 1} == {1: 1}", UNKNOWN),
    ('data["absent"] is None', UNKNOWN),
    ('data["absent"] != 1', UNKNOWN),
    ('not data["absent"]', UNKNOWN),
]


@pytest.mark.parametrize(("expression", "expected"), WHOLE, ids=[row[0] for row in WHOLE])
def test_other_parts_are_unknown_with_any_unknown_part(expression: str, expected: bool | str) -> None:
    assert judge(expression, MEMBERS) == expected


@pytest.mark.parametrize("order", [("data['a'] == 1", "data['b'] == 2"), ("data['b'] == 2", "data['a'] == 1")])
def test_either_side_of_or_may_be_absent(order: tuple[str, str]) -> None:
    assert judge(" or ".join(order), {"b": 2}) is True
    assert judge(" or ".join(order), {"a": 1}) is True
