"""What is too large, or fails whatever the event holds, is refused when it is written."""

import pytest

from subscribers.filters import FilterError, compile_filter
from subscribers.filters.limits import MAX_DEPTH, MAX_LENGTH, MAX_NODES

TOO_LARGE = [
    "1 " + "+ 1 " * 300,
    "(" * 60 + "data" + ")" * 60 + "[0]" * 60,
    "[" * 41 + "]" * 41,
    "[" * 250 + "]" * 250,
    "(" * 2_000,
    "not " * 50 + "data",
    "-" * 1_000 + "1",
    "data" + "[0]" * 45,
    "data" + ".get(1)" * 45,
    "data or " * 450 + "data",
    "[" + "1," * 450 + "]",
    '"' + "a" * 4_095 + '"',
    "data or\n" * 600,
    "1" * 1_001,
    "1" * 4_000,
    "0x" + "f" * 2_000,
    "-" + "9" * 2_000,
    "2 ** 9 ** 9",
    "9 ** 9 ** 9 ** 9",
    "10 ** 2000",
    "1.0 ** 2 ** 5000",
    "2.0 ** 9999",
    '"a" * 1000000000',
    "1000000000 * 'a'",
    "[0] * 1000000000",
    "[[0] * 1000] * 1000000",
    '"a" * 99999 + "a" * 99999',
    "1 / 0",
    "1 // 0.0",
    "1 % 0",
    '"%s" % 1',
    'int("x")',
    'float("x")',
    'str("1" * 99999).split("1") * 99',
    "round(1.5, 1000000000)",
    "abs()",
    "len()",
    "len(1, 2)",
    'data["x"] == 1 or 1 / 0 == 1',
]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("expression", TOO_LARGE, ids=lambda text: text[:40])
def test_what_is_too_large_or_impossible_is_refused(expression: str) -> None:
    with pytest.raises(FilterError):
        compile_filter(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "1" + " " * (MAX_LENGTH - 2) + "\n",
        "[" + "1," * (MAX_NODES - 1) + "]",
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        "1" * 900,
        "2.0 ** 999",
        '"a" * 100000',
        "1 / 3",
        'round(1.5, 3) + int("12") + float("1.5") + len("x")',
    ],
    ids=lambda text: text[:40],
)
def test_what_just_fits_is_allowed(expression: str) -> None:
    compile_filter(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1" + " " * MAX_LENGTH, "The expression has 4,097 characters; 4,096 are allowed."),
        ("[" + "1," * MAX_NODES + "]", "The expression has more than 400 parts."),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "The expression is nested deeper than 40 levels."),
        ("(" * 2_000, "It cannot be read: too many nested parentheses."),
        ("1" * 1_001, "The number has too many digits."),
        ("1 / 0", "This part can never be worked out. It divides by zero."),
        ("9 ** 9 ** 9", "This part can never be worked out. It was given up: it makes a number of too many digits."),
    ],
    ids=lambda text: text[:40],
)
def test_refusal_says_what_is_too_large(expression: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(expression)
    assert caught.value.message == message


@pytest.mark.parametrize("expression", ['data["x"] == 1 or len(data["x"]) / 0', '[x / 0 for x in data["x"]]'])
def test_part_that_reads_the_event_may_fail_later(expression: str) -> None:
    compile_filter(expression)
