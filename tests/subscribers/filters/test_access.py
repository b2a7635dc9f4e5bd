"""What must be equal for a filter to hold is found, and a filter never holds where it is not equal."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from subscribers.filters import Access, FilterError, Unknown, accesses_of, compile_filter, work_out
from subscribers.filters.access import MAX_VALUES, accesses_in
from subscribers.filters.parsing import parse
from subscribers.filters.plain import plain_accesses
from tests.subscribers.filters.expressions import EVENTS, expressions

A = "data['a']"
FOUND: list[tuple[str, list[tuple[str, tuple[Any, ...]]]]] = [
    ('data["a"] == 1', [(A, (1,))]),
    ("1 == data['a']", [(A, (1,))]),
    ("-1.5 == data['a']", [(A, (-1.5,))]),
    ('data["a"] is None', [(A, (None,))]),
    ('data["a"] is True', [(A, (True,))]),
    ('data["a"] in ("x", "y")', [(A, ("x", "y"))]),
    ('data["a"] in ["x"]', [(A, ("x",))]),
    ('data["a"] in {1, 2}', [(A, (1, 2))]),
    ('data["a"] in (1, 1.0, True, 2)', [(A, (1, 2))]),
    ('data["a"] == 1 or data["a"] == 2', [(A, (1, 2))]),
    ('data["a"] == 1 or data["a"] in (2, 3)', [(A, (1, 2, 3))]),
    ('data["a"] == 1 and data["b"]["c"][0] == "x"', [(A, (1,)), ("data['b']['c'][0]", ("x",))]),
    ('data["z"] > 1 and (data["a"] == 1 and not data["y"])', [(A, (1,))]),
    ('data.get("a") == 1', [("data.get('a')", (1,))]),
    ('data.get("a", {}).get("b") == 1', [("data.get('a', {}).get('b')", (1,))]),
    ('data["a"].lower() == "x"', [("data['a'].lower()", ("x",))]),
    ('len(data["a"]) == 2', [("len(data['a'])", (2,))]),
    ("data == 1", [("data", (1,))]),
    ("", []),
    ("1 == 1", []),
    ("True", []),
    ('data["a"]', []),
    ('data["a"] != 1', []),
    ('data["a"] is not None', []),
    ('not data["a"] == 1', []),
    ('data["a"] in "xy"', []),
    ('data["a"] in ("xy")', []),
    ('data["a"] in ()', []),
    ('data["a"] in ("x", data["b"])', []),
    ('"x" in data["a"]', []),
    ('data["a"] == data["b"]', []),
    ('data["a"] == [1]', []),
    ('1 == data["a"] == 1', []),
    ('data["a"] == 1 or data["b"] == 1', []),
    ('data["a"] == 1 or data["b"] > 1', []),
    ('data["a"] == 1 if data["b"] else data["c"] == 1', []),
    (f'data["a"] in {tuple(range(MAX_VALUES + 1))}', []),
]


@pytest.mark.parametrize(("expression", "expected"), FOUND, ids=[row[0][:60] for row in FOUND])
def test_access_predicates_are_found(expression: str, expected: list[tuple[str, tuple[Any, ...]]]) -> None:
    assert accesses_of(expression) == tuple(Access(*each) for each in expected)


@pytest.mark.parametrize("expression", ["data[", "open()", '1 / 0 == data["a"]', 'data["a"] == 1 and total'])
def test_what_does_not_compile_has_none(expression: str) -> None:
    with pytest.raises(FilterError):
        accesses_of(expression)


def test_an_operand_has_a_value_or_is_unknown() -> None:
    assert work_out("data['a']['b']", {"a": {"b": 3}}) == 3
    assert work_out("data.get('a')", {}) is None
    assert str(work_out("data['a']['b']", {"a": {}})) == "There is no key 'b'. (line 1, column 1)"
    assert isinstance(work_out("data['a'].lower()", {"a": 1}), Unknown)


CONJUNCTS = st.sampled_from(
    [
        '{0}["{1}"] == {2}',
        '{2} == {0}["{1}"]',
        '{0}.get("{1}") == {2}',
        '{0}["{1}"] in ({2}, {3})',
        '{0}["{1}"] in {{{2}, {3}}}',
        '({0}["{1}"] == {2} or {0}["{1}"] == {3})',
        '{0}["{1}"] is None',
        '{0}["{1}"] != {2}',
        '{0}["{1}"] > {2}',
    ]
)
CONSTANTS = st.sampled_from(["1", "1.0", "True", "0", "-0.0", "-1", "'1'", '""', '"a"', "None", "False", "1e999"])


@st.composite
def indexable(draw: st.DrawFn) -> str:
    """A filter that mostly has access predicates, sometimes with other parts."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        owner = draw(st.sampled_from(["data", "data", 'data["a"]', 'data.get("b", {})']))
        key = draw(st.sampled_from("abc"))
        parts.append(draw(CONJUNCTS).format(owner, key, draw(CONSTANTS), draw(CONSTANTS)))
    if draw(st.integers(0, 3)) == 0:
        parts.insert(draw(st.integers(0, len(parts))), draw(expressions(depth=1)))
    return " and ".join(parts)


many = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(indexable() | expressions(), EVENTS)
@example('data["a"] in {1, 2}', {"a": [1]})
@example('data["a"] == 1', {"a": True})
@example('data["a"] == 0', {"a": -0.0})
@example('data["a"] == 9007199254740993', {"a": 9007199254740992.0})
def test_a_filter_holds_only_where_its_accesses_are_equal(expression: str, data: Any) -> None:
    try:
        accesses = accesses_of(expression)
    except FilterError:
        return
    if compile_filter(expression).evaluate(data) is True:
        for access in accesses:
            assert {work_out(access.operand, data)} & set(access.values), access


PLAIN_TOKENS = st.sampled_from(
    [
        *("data", '["a"]', "['b c']", "[0]", "[12]", '.get("a")', '.get("a", 1)', " ", " and ", " or ", "and"),
        *("==", " == ", " != ", " < ", " in ", " not in ", " is None", " is not None", " is ", "(", ")", "[", "]", ","),
        *('"x"', "'x'", '"x\\n"', '"', "'", "1", "-1", "01", "1.5", "1.", "None", "True", 'data["a"] == 1', "#", "\n"),
        *('data["a"] in ("x", "y")', 'data["a"] in ("x")', 'data["a"] in ("x",)', 'data["a"] in [1, 2]', "\u2028", "ü"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PLAIN_TOKENS, max_size=8).map("".join) | indexable())
@example('data["a"] in ("x" "y")')
@example('data["a"] == "x" "y"')
@example("data[\"a\"] == \"a' and data['b'] == 'c\"")
@example("data" + '["a"]' * 13 + " == 1")
@example(" and ".join(["data[0]==0"] * 45))
def test_what_is_plain_is_read_as_its_tree_is(expression: str) -> None:
    plain = plain_accesses(expression)
    if plain is not None:
        compile_filter(expression)
        assert repr(plain) == repr(accesses_in(parse(expression)))


@pytest.mark.parametrize(
    "expression",
    [
        'data["body"]["customer"] == "c-17"',
        'data["body"]["kind"] == "order" and data["body"]["total"] >= 100.5 and data["headers"].get("x") is not None',
        "data['body']['country'] in ('de', 'at', 'ch')",
        " data[0]==-1 ",
    ],
)
def test_common_filters_are_plain(expression: str) -> None:
    assert plain_accesses(expression) is not None
