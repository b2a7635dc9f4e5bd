"""A refusal says what is wrong, points at it, and tells what to write instead."""

import pytest

from subscribers.filters import FilterError, compile_filter


def refusal(expression: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        compile_filter(expression)
    return caught.value


POINTED = {
    "an unknown name": ("total > 5", "^^^^^", 'Did you mean data["total"], or the text "total"?'),
    "behind other parts": ('data["a"] == foo', "             ^^^", 'Did you mean data["foo"], or the text "foo"?'),
    "the last line": ('data["a"] and\n  foo', "  ^^^", 'Did you mean data["foo"], or the text "foo"?'),
    "the first line": ('foo and\n  data["a"]', "^^^", 'Did you mean data["foo"], or the text "foo"?'),
    "blank lines before": ("\n\n foo\n\n", " ^^^", 'Did you mean data["foo"], or the text "foo"?'),
    "line breaks of the web": ('data["a"] and\r\nfoo', "^^^", 'Did you mean data["foo"], or the text "foo"?'),
    "an attribute": ("data.body", "^^^^^^^^^", 'Write data["body"].'),
    "a constant of JSON": ('data["a"] == true', "             ^^^^", "Write True."),
    "null": ('data["a"] is null', "             ^^^^", "Write None."),
    "one equals sign": ('data["a"] = 1', "          ^", "To compare, write `==`."),
    "one equals sign in brackets": ('(data["a"] = 1)', "           ^", "To compare, write `==`."),
    "ampersands": ('data["a"] && data["b"]', "          ^^", "Write `and` instead of `&&`."),
    "bars": ('data["a"] || data["b"]', "          ^^", "Write `or` instead of `||`."),
    "an exclamation mark": ('!data["a"]', "^", "Write `not` instead of `!`."),
    "angles": ('data["a"] <> 1', "          ^^", "Write `!=` instead of `<>`."),
    "three equals signs": ('data["a"] === 1', "          ^^^", "Write `==` instead of `===`."),
    "a mark in a text": ('data["a"] == "b && c" = 1', "                      ^", "To compare, write `==`."),
    "the first of two marks": (
        'data["a"] == 1 AND data["b"] = 2',
        "               ^^^",
        "Write `and`, `or`, `not`, `in` and `is` in small letters.",
    ),
    "round quotation marks": ('data["a"] == “b”', "             ^", 'Write straight quotation marks: "text".'),
    "a question mark": ('data["a"] ? 1 : 2', "          ^", "Write `a if condition else b`."),
    "a word of SQL": ('data["a"] like "b"', "          ^^^^", 'Write `text.startswith("part")`.'),
    "a capital": ('Data["a"]', "^^^^", "The payload is called data."),
    "a payload": ('payload["a"]', "^^^^^^^", "The payload is called data."),
    "an attribute below": ('data["a"].b', "^^^^^^^^^^^", 'Write data["a"]["b"].'),
    "attributes of attributes": ("data.body.total > 1", "^^^^^^^^^^^^^^^", 'Write data["body"]["total"].'),
    "an attribute behind a method": ('data.get("a").b', "^^^^^^^^^^^^^^^", 'Write data.get("a")["b"].'),
    "equals signs apart": ('data["a"] = = 1', "          ^^^", "Write `==` without a space in it."),
    "an arrow": ("data->total", "    ^^", 'Write `data["name"]` for a value of the payload.'),
    "not between values": ('data["a"] not 1', "          ^^^", "Write `!=`, `not in`, or `and not`."),
    "not behind a comparison": (
        'data["a"] == not 1',
        "             ^^^",
        "Write `!=`, or put brackets around `not …`.",
    ),
    "an unfinished and": ('data["a"] == 1 and', "                  ^", "A value is missing behind `and`."),
    "an unfinished comparison": ('data["a"] ==', "            ^", "A value is missing behind `==`."),
    "an if": ('if data["a"] == 1', "^^", "Leave `if` out: a filter is the condition alone."),
    "a whole if": ('if data["a"]: 1', "^^", "Leave `if` out: a filter is the condition alone."),
    "a return": (' return data["a"]', " ^^^^^^", "Leave `return` out: a filter is the condition alone."),
    "a leading zero": ('data["a"] == 01', "             ^^", 'Write 1, or "01" if it is a text.'),
    "a length": ('data["a"].length > 1', "^^^^^^^^^^^^^^^^", "Write len(…)."),
    "a method of JavaScript": ('data["a"].includes("b")', "^^^^^^^^^^^^^^^^^^", 'Write "part" in ….'),
    "a missing quotation mark": ('data["a"] == "x', "             ^", "A quotation mark is missing."),
    "a backslash": (r'data["a"] == "\d"', "             ^", r"Write a backslash as \\."),
    "a text over two lines": ('data["a"] == "x\ny"', "             ^", r"Write \n for a line break."),
    "is": ('data["a"] is 1', "             ^", "Write `==`."),
    "an inversion": ("~1", "^^", "Write `not`."),
    "an unknown function": (
        "sum([1])",
        "^^^",
        "There are len, int, float, str, bool, abs, min, max, round, any, all.",
    ),
    "an unknown method": (
        "data.pop(1)",
        "^^^^^^^^",
        "There are get, lower, upper, strip, startswith, endswith, split.",
    ),
    "too many parts": ("[" + "1," * 400 + "]", "^" * 802, "Split it over several subscribers."),
}


@pytest.mark.parametrize(("expression", "carets", "hint"), POINTED.values(), ids=POINTED.keys())
def test_carets_and_hint(expression: str, carets: str, hint: str) -> None:
    pointed = refusal(expression).pointed().split("\n")
    assert pointed[2:] == [carets, hint]


def test_all_of_a_refusal_as_people_read_it() -> None:
    assert refusal('data["a"] == 1 and\n\tdata["b"] == true').pointed() == (
        "There is no true.\n"
        '\u0020data["b"] == true\n'
        "              ^^^^\n"
        "Write True."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('data["a"] + 1 = 2', "It cannot be read."),
        ('data["a"] == 1 and data["b"] = 2', "It cannot be read."),
        ('data["a"] == 01', "A number cannot begin with a 0."),
        ('data["a"] and', "It is not finished."),
        ('if data["a"] == 1', "It must be one expression, not a statement."),
    ],
)
def test_no_words_of_the_parser_stand_before_a_hint(expression: str, message: str) -> None:
    error = refusal(expression)
    assert error.message == message
    assert error.hint


def test_refusal_without_a_hint_has_three_lines() -> None:
    assert refusal("lambda: 1").pointed() == "A lambda cannot be part of a filter.\nlambda: 1\n^^^^^^^^^"


PLACES = {
    "one line": ("1 + foo", (1, 5, 8)),
    "white space before": ("   foo", (1, 4, 7)),
    "third line": ("1 +\n2 +\n  foo", (3, 3, 6)),
    "tabs are one column": ("\t\tfoo", (1, 3, 6)),
    "accented letters are one column": ('data["é"] + foo', (1, 13, 16)),
    "ideographs are one column": ('data["日本"] + foo', (1, 14, 17)),
    "emoji are one column": ('data["😀"] + foo', (1, 13, 16)),
    "an unreadable part": ('data["é"] $ 1', (1, 11, 12)),
    "an unreadable part in the second line": ("1 +\n 2 $ 1", (2, 4, 5)),
    "the end": ("1 +", (1, 4, 5)),
    "an impossible part": ('data["é"] or\n  1 / 0', (2, 3, 4)),
    "a comment": ("1 +\n 2 # two", (2, 4, 5)),
    "a text over lines": ('1 +\n "a\nb"', (2, 2, 3)),
    "a NUL": ("1 +\n \x00", (2, 2, 3)),
    "half of a character": ("'\ud800'", (1, 2, 3)),
    "an unclosed bracket": ("1 + (2", (1, 5, 6)),
    "too deep": ("1 +" + "[" * 45 + "]" * 45, (1, 1, 94)),
}


@pytest.mark.parametrize(("expression", "place"), PLACES.values(), ids=PLACES.keys())
def test_place_is_counted_in_characters_from_one(expression: str, place: tuple[int, int, int]) -> None:
    error = refusal(expression)
    assert (error.line, error.column, error.end_column) == place


@pytest.mark.parametrize(
    ("expression", "shown", "carets"),
    [
        ("\tdata + foo", " data + foo", "        ^^^"),
        ("data['日本'] + foo", "data['日本'] + foo", "               ^^^"),
        ("data['e\u0301'] + foo", "data['e\u0301'] + foo", "            ^^^"),
        ("data['\u2028'] + foo", "data[' '] + foo", "            ^^^"),
        ("data +\rfoo", "data + foo", "       ^^^"),
        ("日本 + 1", "日本 + 1", "^^^^"),
        ("'a\ud800'", "'a '", "  ^"),
    ],
    ids=ascii,
)
def test_carets_stand_under_the_place_on_a_terminal(expression: str, shown: str, carets: str) -> None:
    assert refusal(expression).pointed().split("\n")[1:3] == [shown, carets]
