"""Filters of the commonest shape: comparisons of a path with a constant, joined by `and`.

To read and check such a one as a tree takes fifty times as long as to see that it is nothing else, and every process
begins by reading all subscribers.
"""

import ast
import re
from functools import lru_cache

from subscribers.filters.access import Access, Scalar, bounded

#: Of parts such as these, a shorter expression is within the grammar's limits on nodes and depth.
MAX_LENGTH = 500

TEXT = r"""(?:"[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]*"|'[^'\\\x00-\x1f\x7f-\x9f\ud800-\udfff]*')"""
NUMBER = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?"
CONSTANT = rf"(?:{TEXT}|{NUMBER}|True|False|None)"
PATH = rf"data(?:\[(?:{TEXT}|0|[1-9][0-9]{{0,8}})\]|\.get\({TEXT}\)){{1,12}}"
# One text in brackets is that text, and `in` then looks for a part of it.
MEMBERS = rf"\({CONSTANT},\)|[(\[]{CONSTANT}(?:, ?{CONSTANT})+[)\]]"
COMPARISON = re.compile(
    rf"(?P<path>{PATH})"
    rf"(?: ?== ?(?P<equal>{CONSTANT})| is (?P<none>None)| in (?P<members>{MEMBERS})"
    rf"| ?(?:!=|<=|>=|<|>) ?{CONSTANT}| is not None| not in (?:{MEMBERS}))"
)
AND = " and "
CONSTANTS = re.compile(CONSTANT)
NAMED: dict[str, Scalar] = {"True": True, "False": False, "None": None}


def plain_accesses(expression: str) -> tuple[Access, ...] | None:
    """The access predicates of an expression of this shape, which compiles; None for any other expression."""
    text = expression.strip(" ")
    if len(text) > MAX_LENGTH:
        return None
    found, place = [], 0
    while match := COMPARISON.match(text, place):
        if access := _access(match):
            found.append(access)
        if match.end() == len(text):
            return tuple(found)
        if not text.startswith(AND, match.end()):
            return None
        place = match.end() + len(AND)
    return None


def _access(match: re.Match[str]) -> Access | None:
    path, equal, none, members = match.groups()
    if constant := equal or none:
        return bounded(_operand(path), [_value(constant)])
    return bounded(_operand(path), [_value(each) for each in CONSTANTS.findall(members)]) if members else None


@lru_cache(maxsize=10_000)
def _operand(path: str) -> str:
    """As the tree's operand is written, so that both ways find the same."""
    return ast.unparse(ast.parse(path, mode="eval"))


def _value(constant: str) -> Scalar:
    if constant[0] in "\"'":
        return constant[1:-1]
    if constant in NAMED:
        return NAMED[constant]
    return float(constant) if "." in constant else int(constant)
