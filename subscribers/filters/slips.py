"""Expressions that are filters, but surely not the ones that were meant: told as a warning, since saved ones go on."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from subscribers.filters.parsing import parse

LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT)


@dataclass(frozen=True, slots=True)
class Slip:
    """What the expression does, and what to write instead."""

    message: str
    hint: str


def find_slip(expression: str) -> Slip | None:
    """The first slip of an expression, or None. Raises FilterError for what is no filter."""
    if not expression.strip():
        return None
    judged = (slip for node in _judged(parse(expression)) if (slip := _slip(node)))
    return next(judged, None) or _joined_texts(expression)


def _judged(node: ast.expr) -> Iterator[ast.expr]:
    """The parts that are asked only whether they hold: a constant elsewhere may be a default, as in `x or 0`."""
    if isinstance(node, ast.BoolOp):
        for each in node.values:
            yield from _judged(each)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _judged(node.operand)
    else:
        yield node


def _slip(node: ast.expr) -> Slip | None:
    if isinstance(node, ast.Tuple) and node.elts:
        message = "With a comma it is a list of values, which always holds."
        if isinstance(first := node.elts[0], ast.Compare) and isinstance(first.ops[-1], ast.In | ast.NotIn):
            return Slip(message, 'Put brackets around the values: `in ["a", "b"]`.')
        return Slip(message, "Write numbers without a comma: `1000`, `1.5`.")
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool | None):
        holds = "always holds" if node.value else "never holds"
        message = f"The value {ast.unparse(node)[:100]} stands alone, which {holds}."
        return Slip(message, 'Compare it, as in `x == "a" or x == "b"`, or write `x in ["a", "b"]`.')
    return None


def _joined_texts(expression: str) -> Slip | None:
    flat = expression.replace("\r", " ").replace("\n", " ").strip()
    tokens = [each for each in tokenize.generate_tokens(io.StringIO(flat).readline) if each.type not in LAYOUT]
    if any(one.type == other.type == tokenize.STRING for one, other in pairwise(tokens)):
        return Slip("Two texts without a comma between them are one text.", 'Write a comma: `["a", "b"]`.')
    return None
