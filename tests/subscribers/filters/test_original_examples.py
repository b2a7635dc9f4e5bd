"""The examples by which the original explained its filters, word for word."""

from typing import Any

import pytest

from tests.subscribers.filters.judging import UNKNOWN, judge

FIRST = 'data["body"]["x"] == 1 and data["headers"]["y"] == "z" or data["special_key"] == "special value"'
SECOND = 'data["http_method"] == "post" and data["body"]["x"] and data["body"]["x"]["y"]'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"body": {"x": 1}, "headers": {"y": "z"}}, True),
        ({"body": {"x": 1}, "headers": {"y": "z"}, "special_key": "other"}, True),
        ({"special_key": "special value"}, True),
        ({"body": {"x": 2}, "special_key": "special value"}, True),
        ({"body": {"x": 2}, "headers": {"y": "z"}, "special_key": "other"}, False),
        ({"body": {"x": 1}, "headers": {"y": "a"}, "special_key": "other"}, False),
        ({"body": {"x": 2}, "headers": {"y": "z"}}, UNKNOWN),
        ({"body": {"x": "1"}, "headers": {"y": "z"}, "special_key": None}, False),
        ({"body": None, "special_key": "other"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
    ids=lambda value: str(value),
)
def test_first_example(data: dict[str, Any], expected: bool | str) -> None:
    assert judge(FIRST, data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"http_method": "post", "body": {"x": {"y": True}}}, True),
        ({"http_method": "post", "body": {"x": {"y": "text"}}}, True),
        ({"http_method": "post", "body": {"x": {"y": 0}}}, False),
        ({"http_method": "post", "body": {"x": {}}}, False),
        ({"http_method": "post", "body": {"x": {"z": 1}}}, UNKNOWN),
        ({"http_method": "post", "body": {"x": 5}}, UNKNOWN),
        ({"http_method": "POST", "body": {"x": {"y": True}}}, False),
        ({"http_method": "get"}, False),
        ({"body": {"x": {"y": True}}}, UNKNOWN),
    ],
    ids=lambda value: str(value),
)
def test_second_example(data: dict[str, Any], expected: bool | str) -> None:
    assert judge(SECOND, data) == expected
