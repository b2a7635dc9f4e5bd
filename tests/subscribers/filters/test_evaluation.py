"""What each construct of the language means."""

from typing import Any

import pytest

from subscribers.filters import Unknown, compile_filter
from tests.subscribers.filters.judging import UNKNOWN, judge

DATA: dict[str, Any] = {
    "body": {
        "id": 7,
        "total": 99.5,
        "note": "  Hello World ",
        "tags": ["new", "vip"],
        "paid": True,
        "refund": None,
        "empty": "",
        "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 3}],
        "pairs": [["a", 1], ["b", 2]],
        "debt": -4,
        "huge": 123456789012345678901234567890,
    },
    "headers": {"X-Shop": "north"},
}

TABLE = [
    # literals
    ("True", True),
    ("False", False),
    ("None", False),
    ("0", False),
    ("0.5", True),
    ('""', False),
    ("[]", False),
    ("{}", False),
    ("()", False),
    ("{1, 2} == {2, 1}", True),
    ('{"a": 1} == {"a": 1}', True),
    ("(1, 2) == [1, 2]", False),
    ('"a" "b" == "ab"', True),
    ("0xff == 255 and 1_000 == 1000 and 1e3 == 1000", True),
    # subscripts and slices
    ('data["body"]["id"] == 7', True),
    ('data["body"]["tags"][0] == "new"', True),
    ('data["body"]["tags"][-1] == "vip"', True),
    ('data["body"]["tags"][2] == "vip"', UNKNOWN),
    ('data["body"]["none"] == 1', UNKNOWN),
    ('data["body"]["id"]["deeper"] == 1', UNKNOWN),
    ('data["body"]["tags"]["new"]', UNKNOWN),
    ('data["body"]["note"][2:7] == "Hello"', True),
    ('data["body"]["tags"][::-1] == ["vip", "new"]', True),
    ('data["body"]["tags"][data["body"]["id"] - 7] == "new"', True),
    ('data["body"][1:2] == 1', UNKNOWN),
    ('"abc"[1] == "b"', True),
    # .get
    ('data.get("body").get("id") == 7', True),
    ('data.get("nothing") is None', True),
    ('data.get("nothing", 5) == 5', True),
    ('data["body"].get("refund", 5) is None', True),
    ('data["body"]["tags"].get("new")', UNKNOWN),
    ('data.get(["unhashable"])', UNKNOWN),
    # comparisons
    ('data["body"]["total"] > 99', True),
    ('data["body"]["total"] >= 99.5 and data["body"]["total"] <= 99.5', True),
    ('data["body"]["total"] < 99.5', False),
    ('data["body"]["id"] != "7"', True),
    ('data["body"]["id"] > "6"', UNKNOWN),
    ('data["body"]["refund"] < 1', UNKNOWN),
    ('data["body"]["huge"] == 123456789012345678901234567890', True),
    ('data["body"]["huge"] == 123456789012345678901234567891', False),
    ("1 == 1.0 and True == 1", True),
    ('0 < data["body"]["id"] < 10', True),
    ('0 < data["body"]["id"] < 5 < 10', False),
    # in
    ('"vip" in data["body"]["tags"]', True),
    ('"old" not in data["body"]["tags"]', True),
    ('"Hello" in data["body"]["note"]', True),
    ('"id" in data["body"]', True),
    ('data["body"]["id"] in (5, 7)', True),
    ('data["body"]["id"] in {5, 6}', False),
    ('1 in data["body"]["note"]', UNKNOWN),
    ('"a" in data["body"]["id"]', UNKNOWN),
    # is
    ('data["body"]["refund"] is None', True),
    ('data["body"]["id"] is not None', True),
    ('data["body"]["paid"] is True', True),
    ("1 is True", False),
    # and, or, not give Python's values
    ('(data["body"]["empty"] or "x") == "x"', True),
    ('(data["body"]["id"] and 5) == 5', True),
    ('not data["body"]["empty"]', True),
    ('not not data["body"]["id"]', True),
    # arithmetic
    ('data["body"]["id"] + 1 == 8 and data["body"]["id"] - 1 == 6', True),
    ('data["body"]["id"] * 2 == 14 and data["body"]["id"] / 2 == 3.5', True),
    ('data["body"]["id"] // 2 == 3 and data["body"]["id"] % 4 == 3', True),
    ('data["body"]["id"] ** 2 == 49 and 2 ** -1 == 0.5', True),
    ('-data["body"]["id"] == -7 and +data["body"]["id"] == 7', True),
    ('"a" + "b" == "ab" and "a" * 3 == "aaa" and [1] + [2] == [1, 2]', True),
    ('data["body"]["id"] / (data["body"]["id"] - 7) == 1', UNKNOWN),
    ('data["body"]["id"] + "1" == "71"', UNKNOWN),
    ('-data["body"]["note"] == 1', UNKNOWN),
    ('data["body"]["debt"] ** 0.5 == 2', UNKNOWN),
    ('data["body"]["note"] % 1 == ""', UNKNOWN),
    # conditional
    ('(1 if data["body"]["paid"] else 2) == 1', True),
    ('(data["none"] if data["body"]["empty"] else 2) == 2', True),
    # functions
    ('len(data["body"]["tags"]) == 2', True),
    ('len(data["body"]["id"]) == 2', UNKNOWN),
    ('int("7") == 7 and int(7.9) == 7', True),
    ('int(data["body"]["note"]) == 7', UNKNOWN),
    ('float("1.5") == 1.5', True),
    ('str(data["body"]["id"]) == "7"', True),
    ('bool(data["body"]["empty"])', False),
    ('abs(data["body"]["debt"]) == 4', True),
    ("min(3, 1, 2) == 1 and max([3, 1]) == 3", True),
    ('max(data["body"]["tags"][2:]) == 1', UNKNOWN),
    ("round(2.567, 2) == 2.57 and round(2.5) == 2", True),
    ('any(data["body"]["tags"]) and not any([])', True),
    ('all(data["body"]["tags"]) and all([])', True),
    # methods
    ('data["body"]["note"].strip() == "Hello World"', True),
    ('data["body"]["note"].lower().strip() == "hello world"', True),
    ('data["body"]["note"].upper().strip(" D") == "HELLO WORL"', True),
    ('data["headers"]["X-Shop"].startswith("nor")', True),
    ('data["headers"]["X-Shop"].endswith(("east", "rth"))', True),
    ('data["body"]["note"].split() == ["Hello", "World"]', True),
    ('data["headers"]["X-Shop"].split("r", 1)[1] == "th"', True),
    ('data["body"]["id"].lower() == "7"', UNKNOWN),
    ('data["headers"]["X-Shop"].startswith(1)', UNKNOWN),
    # comprehensions
    ('[item["n"] for item in data["body"]["items"]] == [1, 3]', True),
    ('[item["sku"] for item in data["body"]["items"] if item["n"] > 1] == ["b"]', True),
    ('any(item["sku"] == "b" for item in data["body"]["items"])', True),
    ('all(item["n"] > 0 for item in data["body"]["items"])', True),
    ('any([n == 2 for name, n in data["body"]["pairs"]])', True),
    ('[x + y for x in "ab" for y in "cd"] == ["ac", "ad", "bc", "bd"]', True),
    ('[key for key in data["headers"]] == ["X-Shop"]', True),
    ('[x for x in data["body"]["id"]] == []', UNKNOWN),
    ('[a for a, b in data["body"]["items"][0]["sku"]] == []', UNKNOWN),
    ("[x for x in [1, 2] if any(x == 5 for x in [4, 5])] == [1, 2]", True),
    ("[[x for x in [8, 9]] + [x] for x in [1, 2]] == [[8, 9, 1], [8, 9, 2]]", True),
]


@pytest.mark.parametrize(("expression", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_construct_means_what_python_means_by_it(expression: str, expected: bool | str) -> None:
    assert judge(expression, DATA) == expected


@pytest.mark.parametrize("expression", ["", "   ", "\n\t\r\n"], ids=repr)
def test_empty_expression_holds_for_everything(expression: str) -> None:
    assert [judge(expression, data) for data in ({}, {"body": None}, None)] == [True, True, True]


@pytest.mark.parametrize("data", [None, [], "text", 5, {}], ids=repr)
def test_data_of_any_shape_leave_a_lookup_unknown(data: Any) -> None:
    assert judge('data["body"]["x"] == 1', data) == UNKNOWN


def test_line_breaks_are_white_space() -> None:
    assert judge('\n data["a"] == 1\r\n  and\n\tdata["b"] == 2 \n', {"a": 1, "b": 2}) is True


def test_unknown_tells_the_reason_and_the_place() -> None:
    result = compile_filter('data["a"] == 1 and\n  data["ü"]["b"] == 2').evaluate({"a": 1, "ü": {}})
    assert result == Unknown("There is no key 'b'.", line=2, column=3)
    assert str(result) == "There is no key 'b'. (line 2, column 3)"


def test_what_is_unknown_does_not_match() -> None:
    compiled = compile_filter('data["a"] == 1')
    assert [compiled.matches({"a": 1}), compiled.matches({"a": 2}), compiled.matches({})] == [True, False, False]
