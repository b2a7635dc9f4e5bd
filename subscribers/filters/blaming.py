"""Finds the clauses that keep an expression from holding: those to look at first when an event was not taken."""

import ast
from collections.abc import Iterator

from subscribers.filters.explaining import Explained


def to_blame(explained: Explained) -> list[Explained]:
    """The clauses that are false or unknown and by that decide, in the order of the text; none if it holds."""
    return [] if explained.verdict == "true" else list(_deciding(explained))


def _deciding(explained: Explained) -> Iterator[Explained]:
    """Below `and` those that do not hold; below `or` all, of which none does; anything else stands for itself."""
    failing = [part for part in explained.parts if part.verdict != "true"] if _is_junction(explained.text) else []
    if not failing:
        yield explained
    for part in failing:
        yield from _deciding(part)


def _is_junction(text: str) -> bool:
    """Only between `and` and `or` a part's truth decides: elsewhere 0 is false, and yet may be what is wanted."""
    try:
        # In brackets, since a clause may go over several lines within those of the whole.
        return isinstance(ast.parse(f"({text}\n)", mode="eval").body, ast.BoolOp)
    except (SyntaxError, RecursionError):
        return False
