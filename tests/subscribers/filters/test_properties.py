"""What holds for every expression and every event: Python is the oracle, and nothing gets out but FilterError."""

import copy
import warnings
from typing import Any

import pytest
import simpleeval
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from subscribers.filters import Filter, FilterError, Unknown, compile_filter
from subscribers.filters.grammar import FUNCTIONS
from tests.subscribers.filters.expressions import EVENTS, JSON, expressions

BUILTINS = {name: __builtins__[name] for name in FUNCTIONS}  # type: ignore[index]
RAISED = object()

many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def compiled(expression: str) -> Filter | None:
    """None for an expression with a part that can never be worked out."""
    try:
        return compile_filter(expression)
    except FilterError as error:
        if "can never be worked out" in str(error):
            return None
        raise


def by_python(expression: str, data: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of `1[0]`, which is unknown here
        try:
            return bool(eval(expression, {"__builtins__": BUILTINS, "data": data}))  # noqa: S307 - the oracle
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
            return RAISED


def by_simpleeval(expression: str, data: Any) -> Any:
    oracle = simpleeval.EvalWithCompoundTypes(names={"data": data, "True": True, "False": False}, functions=BUILTINS)
    try:
        return bool(oracle.eval(expression))
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, simpleeval.InvalidExpression):
        return RAISED


@many
@given(expressions(), EVENTS)
def test_what_python_evaluates_a_filter_evaluates_the_same(expression: str, data: Any) -> None:
    expected = by_python(expression, data)
    found = compiled(expression)
    if found is not None and expected is not RAISED:
        assert found.evaluate(data) is expected
        assert found.evaluate(data) is expected, "evaluating must leave no trace"


@many
@given(expressions(strict=True), EVENTS)
def test_without_and_or_any_all_what_python_refuses_is_unknown(expression: str, data: Any) -> None:
    found = compiled(expression)
    if found is not None:
        result = found.evaluate(data)
        assert (RAISED if isinstance(result, Unknown) else result) is by_python(expression, data)


@many
@given(expressions(), EVENTS)
def test_what_simpleeval_evaluates_a_filter_evaluates_the_same(expression: str, data: Any) -> None:
    expected = by_simpleeval(expression, data)
    found = compiled(expression)
    # simpleeval takes `for k, x in "a"`, which Python refuses.
    if found is not None and RAISED not in (expected, by_python(expression, data)):
        assert found.evaluate(data) is expected


@many
@given(expressions(), JSON)
def test_nothing_is_raised_and_nothing_changed_on_data_of_any_shape(expression: str, data: Any) -> None:
    before = copy.deepcopy(data)
    if found := compiled(expression):
        assert isinstance(found.evaluate(data), (bool, Unknown))
    assert repr(data) == repr(before)


@many
@given(expressions(), EVENTS)
def test_unknown_points_into_the_expression(expression: str, data: Any) -> None:
    spread = " \n" + expression.replace(" if ", "\n  if ").replace(" for ", "\n\tfor ").replace("([", "(\n  [")
    found = compiled(spread)
    result = found.evaluate(data) if found else None
    if isinstance(result, Unknown):
        line = spread.split("\n")[result.line - 1]
        assert 1 <= result.column <= len(line)
        assert not line[result.column - 1].isspace()


@many
@given(st.text())
@example("\x0c")
@example("a\x0c#b")
@example("'\\N{x}'")
@example("1" * 5_000)
@example("(" * 300)
@example("data" * 2_000)
def test_any_text_compiles_or_is_a_filter_error(text: str) -> None:
    _compile_or_point(text)


TOKENS = st.sampled_from(
    (
        *"()[]{}:,.+-*/%<>=!&|^~@#;'\"\\\n\t\r \x0c",
        *("**", "//", "==", ":=", "...", "and", "or", "not", "in", "is", "if", "else", "for"),
        *("lambda", "await", "async", "yield", "import", "None", "True", "__class__"),
        *("data", "x", "get", "len", ".get(", "data['a']", "1", "1e9", "0x1f", "1j"),
        *("'a'", '"ü"', "f'", "b'", '"""', "\u2028", "\u3000", "ª"),
    )
)


@many
@given(st.lists(TOKENS, max_size=25), st.sampled_from(["", " "]))
def test_any_row_of_tokens_compiles_or_is_a_filter_error(tokens: list[str], between: str) -> None:
    _compile_or_point(between.join(tokens))


@many
@given(expressions(), st.integers(0, 200), st.sampled_from(["", "(", '"', "=", ".", "\n", "#", "_", "\ud800", "\x00"]))
def test_a_spoilt_expression_compiles_or_is_a_filter_error(expression: str, place: int, text: str) -> None:
    _compile_or_point(expression[:place] + text + expression[place + 1 :])


def _compile_or_point(text: str) -> None:
    try:
        found = compile_filter(text)
    except FilterError as error:
        refusal = error
    else:
        assert isinstance(found.evaluate({"a": 1}), (bool, Unknown))
        return
    lines = text.split("\n")
    assert 1 <= refusal.line <= len(lines)
    assert 1 <= refusal.column <= len(lines[refusal.line - 1]) + 1
    assert refusal.end_column > refusal.column
    refusal.pointed().encode()


def test_the_oracles_tell_what_is_wrong() -> None:
    assert by_python('data["a"] == 1', {"a": 1}) is by_simpleeval('data["a"] == 1', {"a": 1}) is True
    assert by_python('data["b"] == 1', {"a": 1}) is by_simpleeval('data["b"] == 1', {"a": 1}) is RAISED
    with pytest.raises(NameError):
        by_python("open", {})
