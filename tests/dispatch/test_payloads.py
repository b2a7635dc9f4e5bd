"""The form a payload must have, and numbers that pass digit by digit."""

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dispatch.payloads import (
    MAX_DEPTH,
    METHODS,
    PayloadError,
    check_data,
    check_json,
    is_list,
    parse_exact,
    parse_json,
    parse_list,
    to_text,
)


def checked(data: Any) -> None:
    check_data(data, json.dumps(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="empty"),
        pytest.param({"body": None, "headers": None, "query_params": None, "path_params": None}, id="all-null"),
        pytest.param({"body": [1, "two", {"three": None}]}, id="body-of-any-json"),
        pytest.param({"headers": {"X-Id": "7\t8", "!#$%&'*+-.^_`|~": "ü"}}, id="headers"),
        pytest.param({"query_params": {"a": "1", "b": [1, 2.5, True, None], "c": []}}, id="query-parameters"),
        pytest.param({"path_params": {"id": 7, "name": "x/y", "flag": False, "none": None}}, id="path-parameters"),
        pytest.param({"special_key": {"any": ["thing"]}}, id="other-keys"),
        *[pytest.param({"http_method": method}, id=method) for method in METHODS],
        *[pytest.param({"http_method": method}, id=method) for method in ("get", "Delete", None)],
    ],
)
def test_payload_of_the_right_form_is_accepted(data: dict[str, Any]) -> None:
    checked(data)


REFUSED = [
    ({"http_method": "TRACE"}, "must be one of GET, POST, PUT, PATCH, DELETE, HEAD", "data.http_method"),
    ({"http_method": "POST "}, "must be one of", "data.http_method"),
    ({"http_method": ""}, "must be one of", "data.http_method"),
    ({"http_method": 1}, "must be one of", "data.http_method"),
    ({"http_method": ["GET"]}, "must be one of", "data.http_method"),
    ({"headers": []}, "It must be an object, not a list.", "data.headers"),
    ({"headers": "X-Id: 7"}, "It must be an object, not a string.", "data.headers"),
    ({"headers": {"X-Id": 7}}, "A header must be a string, not a number.", "data.headers.X-Id"),
    ({"headers": {"X-Id": None}}, "A header must be a string, not null.", "data.headers.X-Id"),
    ({"headers": {"X-Id": "a\r\nHost: evil"}}, "cannot hold line breaks", "data.headers.X-Id"),
    ({"headers": {"X-Id": "a\nb"}}, "cannot hold line breaks", "data.headers.X-Id"),
    ({"headers": {"X-Id": "a\0"}}, "NUL", "data.headers.X-Id"),
    ({"headers": {"X-Id": "a\x7f"}}, "control characters", "data.headers.X-Id"),
    ({"headers": {"X-Id": "\ud800"}}, "half a character", "data.headers.X-Id"),
    ({"headers": {"": "a"}}, "A header's name", "data.headers."),
    ({"headers": {"X Id": "a"}}, "A header's name", "data.headers.X Id"),
    ({"headers": {"X-Id:": "a"}}, "A header's name", "data.headers.X-Id:"),
    ({"headers": {"X-Id\n": "a"}}, "A header's name", "data.headers.X-Id\n"),
    ({"headers": {"Ü": "a"}}, "A header's name", "data.headers.Ü"),
    ({"query_params": "a=1"}, "It must be an object, not a string.", "data.query_params"),
    ({"query_params": {"a": {"b": 1}}}, "must be a string, number", "data.query_params.a"),
    ({"query_params": {"a": [[1]]}}, "must be a string, number", "data.query_params.a"),
    ({"query_params": {"a": "\udc00"}}, "half a character", "data.query_params.a"),
    ({"query_params": {"a\udc00": "1"}}, "half a character", "data.query_params.a\udc00"),
    ({"query_params": {"a": float("inf")}}, "too large to stand in a URL", "data.query_params.a"),
    ({"path_params": True}, "It must be an object, not a boolean.", "data.path_params"),
    ({"path_params": {"id": [1]}}, "not a list", "data.path_params.id"),
    ({"path_params": {"id": {}}}, "not an object", "data.path_params.id"),
    ({"path_params": {"id": "\ud83d"}}, "half a character", "data.path_params.id"),
    ({"path_params": {"id": float("-inf")}}, "too large to stand in a URL", "data.path_params.id"),
]


@pytest.mark.parametrize(("data", "reason", "place"), [pytest.param(*row, id=ascii(row[0])) for row in REFUSED])
def test_payload_of_another_form_is_refused_at_its_place(data: dict[str, Any], reason: str, place: str) -> None:
    with pytest.raises(PayloadError) as caught:
        checked(data)
    assert reason in caught.value.message
    assert caught.value.place == place


def nested(levels: int, form: str) -> str:
    """A payload whose objects and lists are `levels` deep, the payload's own object included."""
    opening, closing = ("[", "]") if form == "lists" else ('{"a":', "}")
    inner = "[]" if form == "lists" else "{}"
    return '{"body":' + opening * (levels - 2) + inner + closing * (levels - 2) + "}"


@pytest.mark.parametrize("form", ["lists", "objects"])
def test_payload_as_deep_as_allowed_is_accepted_and_one_level_more_refused(form: str) -> None:
    text = nested(MAX_DEPTH, form)
    check_data(parse_json(text), text)
    text = nested(MAX_DEPTH + 1, form)
    with pytest.raises(PayloadError, match=f"nested deeper than {MAX_DEPTH} levels"):
        check_data(parse_json(text), text)


def test_payload_with_many_brackets_that_is_flat_is_accepted() -> None:
    text = '{"body":[' + ",".join(["[]"] * (MAX_DEPTH * 2)) + "]}"
    check_data(parse_json(text), text)


@pytest.mark.parametrize(
    "number",
    [
        *("0", "-7", "9223372036854775807", "18446744073709551616", "123456789012345678901234567890"),
        *("1.5", "1.50", "0.1", "0.10000000000000000001", "-0.0", "100000000000000000000.25"),
        *("1e5", "1E5", "1e+5", "1.0e-7", "1e400", "-1e400", "1e-400"),
    ],
)
@pytest.mark.parametrize("frame", ['{"body":%s}', '{"body":{"a":["x",%s,2.5]}}'])
def test_number_passes_digit_by_digit(frame: str, number: str) -> None:
    text = frame % number
    assert to_text(parse_exact(text, parse_json(text))) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"b":1,"a":2}', id="order-of-keys"),
        pytest.param('{"a":"1.50 and 1e400 \\u0000"}', id="digits-and-nul-in-strings"),
        pytest.param('{"ü":"日本 \\"quoted\\" \\\\ \\n"}', id="characters-and-escapes"),
        pytest.param('{"a":"\\ud800"}', id="half-a-character-stays-an-escape"),
    ],
)
def test_text_stays_what_it_was(text: str) -> None:
    assert to_text(parse_exact(text, parse_json(text))) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers())
@example(1e16, -(1 << 70))
@example(0.00001, 1 << 64)
@example(123456789012345.6, (1 << 64) - 1)
def test_any_number_as_python_writes_it_passes_digit_by_digit(fraction: float, whole: int) -> None:
    text = f'{{"body":[{fraction!r},{whole}]}}'
    assert to_text(parse_exact(text, parse_json(text))) == text


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"a":[1,NaN]}'])
def test_what_json_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(PayloadError, match="which is not JSON"):
        parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a":{"a":1},"b":[{"a":1},{"a":1}]}', id="same-key-in-different-objects"),
        pytest.param('{"a":"https://a:1/b:2","null":"null","b":null}', id="colons-and-null-in-strings"),
        pytest.param('{"a" : 1, "A" :\n2}', id="white-space-and-case"),
        pytest.param('{"a":"\\u003a\\u0001","b":"\\\\u0000","c":"\\ud800"}', id="escapes-that-are-no-nul"),
        pytest.param('{"a":1e-999,"b":1.7e308,"c":%s}' % ("9" * 400), id="numbers-that-fit"),
    ],
)
def test_json_that_only_looks_ambiguous_is_taken(text: str) -> None:
    check_json(text, parse_json(text))


KEYS = st.sampled_from(["a", ":", "null", "ü", '"', "\\"])
VALUES = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner) | st.lists(st.tuples(KEYS, inner)),
)


def written(value: Any) -> tuple[str, bool]:
    """As JSON, where pairs are members of an object; and whether a key stands twice in one."""
    if not isinstance(value, list):
        return json.dumps(value), False
    are_pairs = bool(value) and all(isinstance(each, tuple) for each in value)
    inner = [written(each[1] if are_pairs else each) for each in value]
    repeats = any(repeated for _, repeated in inner)
    if not are_pairs:
        return f"[{','.join(text for text, _ in inner)}]", repeats
    names = [name for name, _ in value]
    members = ",".join(f"{json.dumps(name)}: {text}" for name, (text, _) in zip(names, inner, strict=True))
    return f"{{{members}}}", repeats or len(set(names)) < len(names)


@given(VALUES)
def test_key_is_found_twice_wherever_it_is(value: Any) -> None:
    text, repeats = written(value)
    try:
        check_json(text, parse_json(text))
    except PayloadError:
        assert repeats
    else:
        assert not repeats


def test_error_in_json_tells_line_and_column() -> None:
    with pytest.raises(PayloadError, match="at line 2, column 6"):
        parse_json('{"a": 1,\n "b" 2}')


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["1", "1.", "-", "-1", "1e", "1.5e"])
def test_long_run_of_digits_in_a_text_holds_nobody_up(unit: str) -> None:
    text = '{"body":"%s"}' % (unit * (1_000_000 // len(unit)))
    assert to_text(parse_exact(text, parse_json(text))) == text


@pytest.mark.parametrize("fraction", ["1.5", "1.50"])
def test_last_of_two_equal_keys_wins_in_what_filters_see_and_in_what_is_sent(fraction: str) -> None:
    """`1.50` goes another way than `1.5`: a float would change it."""
    text = f'{{"body":{{"a":1,"a":{fraction},"b":0}},"body":{{"a":{fraction},"a":2}}}}'
    seen = parse_json(text)
    assert seen == {"body": {"a": 2}}
    assert to_text(parse_exact(text, seen)) == '{"body":{"a":2}}'


def test_whatever_is_nested_too_deep_is_refused_at_the_edge_of_the_stack_too() -> None:
    refused = 0
    for depth in range(1, sys.getrecursionlimit()):
        text = "[" * depth + "1e300" + "]" * depth
        try:
            parse_exact(text, parse_json(text))
        except PayloadError:
            refused += 1
    assert 0 < refused < depth


@pytest.mark.parametrize("text", ["[]", " [ ] \n", "[1]", '[1,\t"]" , {"a": [2]},null,[[]]]\r\n'])
def test_list_is_read_item_by_item_as_it_is_read_at_once(text: str) -> None:
    assert is_list(text)
    items = list(parse_list(text))
    assert [item for item, _ in items] == [parse_json(own_text) for _, own_text in items] == parse_json(text)


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists), max_size=5), st.sampled_from([None, 1]))
def test_any_list_is_read_item_by_item(values: list[Any], indent: int | None) -> None:
    assert [item for item, _ in parse_list(json.dumps(values, indent=indent))] == values


@pytest.mark.parametrize(
    "text",
    [
        *("[", "[1", "[1,", "[1 2]", "[,]", "[1,,2]", "[1] 2", "[1]]", "[1\xa0]", "[1, {]", "[NaN]", "[1, -Infinity]"),
        *('["a', '["a\nb"]', '[{"a" 1}]', "[" * 99_999, f"[{'9' * 5000}]", "[\ufeff]"),
    ],
    ids=lambda text: text[:10],
)
def test_list_is_refused_item_by_item_as_it_is_refused_at_once(text: str) -> None:
    with pytest.raises(PayloadError) as at_once:
        parse_json(text)
    with pytest.raises(PayloadError) as by_item:
        list(parse_list(text))
    assert str(by_item.value) == str(at_once.value)


@pytest.mark.parametrize("text", ["", " ", "{}", '"["', "7", "\xa0[]"])
def test_what_is_no_list(text: str) -> None:
    assert not is_list(text)
