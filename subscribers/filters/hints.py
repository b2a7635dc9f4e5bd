"""What somebody meant whose expression cannot be read: told by the marks and words of other languages."""

import re

TEXTS = re.compile(r"\"[^\"]*\"|'[^']*'")
COMPARE = "To compare, write `==`."
MARKS = (
    (re.compile(r"[\u2018-\u201f\xab\xbb]"), 'Write straight quotation marks: "text".'),
    (re.compile(r"&&"), "Write `and` instead of `&&`."),
    (re.compile(r"\|\|"), "Write `or` instead of `||`."),
    (re.compile(r"!=="), "Write `!=` instead of `!==`."),
    (re.compile(r"==="), "Write `==` instead of `===`."),
    (re.compile(r"<>"), "Write `!=` instead of `<>`."),
    (re.compile(r"=!(?!=)"), "Write `!=`."),
    (re.compile(r"=\s+="), "Write `==` without a space in it."),
    (re.compile(r"->"), 'Write `data["name"]` for a value of the payload.'),
    (re.compile(r"=>"), "Write `>=`."),
    (re.compile(r"=<"), "Write `<=`."),
    (re.compile(r"(?<![=!<>])=(?![=!<>])"), COMPARE),
    (re.compile(r"!(?!=)"), "Write `not` instead of `!`."),
    (re.compile(r"\b(?:AND|OR|NOT|IN|IS)\b"), "Write `and`, `or`, `not`, `in` and `is` in small letters."),
    (re.compile(r"(?<=[\])\d\"] )not\b(?!\s+in\b)"), "Write `!=`, `not in`, or `and not`."),
    (re.compile(r"(?<=[=<>+*/%-] )not\b"), "Write `!=`, or put brackets around `not …`."),
    (re.compile(r"\?"), "Write `a if condition else b`."),
    (re.compile(r"\b(?:contains|includes|has)\b"), 'Write `"part" in text`.'),
    (re.compile(r"\b(?:like|LIKE|matches|startswith|endswith)\b(?!\()"), 'Write `text.startswith("part")`.'),
    (re.compile(r"\$"), "The payload is called `data`."),
)

#: Where a statement begins with it, the rest is the filter.
STATEMENT = re.compile(r"\s*(if|return|while|assert|filter|where|when)\b(?!\s*[(\[.])", re.IGNORECASE)
UNFINISHED = re.compile(r"(\b(?:and|or|not|in|is|if|else|for)|==|!=|<=|>=|\*\*|//|[<>+\-*/%])\s*$")
LEADING_ZEROS = re.compile(r"(?<![\w.])0+(\d+)\b")

#: What other systems call the payload.
MISTAKEN_DATA = {"date", "dat", "payload", "event"}
MISTAKEN_ATTRIBUTES = {"length": "len(…)", "size": "len(…)", "count": "len(…)"}
MISTAKEN_METHODS = {
    "contains": '"part" in …',
    "includes": '"part" in …',
    "toLowerCase": ".lower()",
    "toUpperCase": ".upper()",
    "startsWith": ".startswith(…)",
    "endsWith": ".endswith(…)",
    "trim": ".strip()",
}
MISTAKEN_CONSTANTS = {"true": "True", "false": "False", "null": "None", "none": "None", "nil": "None"}


def missing_quote(text: str) -> bool:
    left = TEXTS.sub("", text)
    return bool(left.count('"') % 2 or left.count("'") % 2)


def statement_word(text: str) -> tuple[int, int, str] | None:
    """The word that makes a statement of what could be a filter: its place, and to leave it out."""
    match = STATEMENT.match(text)
    return match and (match.start(1), match.end(1), f"Leave `{match[1]}` out: a filter is the condition alone.")


def missing_end(text: str) -> str:
    """What is missing at the end; empty if nothing is."""
    match = UNFINISHED.search(TEXTS.sub(lambda found: "x" * len(found[0]), text))
    return f"A value is missing behind `{match[1]}`." if match else ""


def leading_zeros(text: str) -> tuple[int, int, str] | None:
    """The first number with zeros before it: its place, and how it is written."""
    match = LEADING_ZEROS.search(TEXTS.sub(lambda found: " " * len(found[0]), text))
    return match and (match.start(), match.end(), f'Write {match[1]}, or "{match[0]}" if it is a text.')


def first_mark(text: str) -> tuple[int, int, str] | None:
    """The first mark outside of texts that a filter does not know: where it begins and ends, what to write instead."""
    blank = TEXTS.sub(lambda match: '"' * len(match[0]), text)
    found = ((match.start(), match.end(), hint) for pattern, hint in MARKS if (match := pattern.search(blank)))
    return min(found, key=lambda mark: mark[0], default=None)
