"""From an expression's text to its checked tree, by simpleeval's parser."""

import ast
import io
import re
import threading
import tokenize
import warnings

from simpleeval import InvalidExpression, SimpleEval

from subscribers.filters.errors import FilterError
from subscribers.filters.grammar import Refusal, find_refusal
from subscribers.filters.hints import first_mark, leading_zeros, missing_end, missing_quote, statement_word
from subscribers.filters.limits import MAX_LENGTH

_warnings_lock = threading.Lock()

NO_CHARACTERS = re.compile(r"[\x00\ud800-\udfff]")


def parse(source: str) -> ast.expr:
    """The tree of a non-blank expression, every node of it allowed. Raises FilterError."""
    if len(source) > MAX_LENGTH:
        message = f"The expression has {len(source):,} characters; {MAX_LENGTH:,} are allowed."
        raise FilterError(message, source, 1, 1)
    if match := NO_CHARACTERS.search(source):
        raise _error_at(source, match.start(), f"The character {match[0]!a} cannot be part of an expression.")
    # An expression may span lines: a line break is white space, and every position stays what it is.
    flat = source.replace("\r", " ").replace("\n", " ")
    indent = len(flat) - len(flat.lstrip())
    tree = _parsed(source, flat, indent)
    if refusal := find_refusal(tree):
        raise _refused(source, flat, indent, refusal)
    _refuse_tokens(source, flat, indent)
    return tree


def _parsed(source: str, flat: str, indent: int) -> ast.expr:
    try:
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("error")
            statement = SimpleEval.parse(flat)
    except SyntaxError as error:
        raise _syntax_error(source, flat, indent, error) from error
    except (InvalidExpression, Warning, ValueError, MemoryError, RecursionError, OverflowError) as error:
        raise _unreadable(source, error) from error
    if not isinstance(statement, ast.Expr):
        raise _statement(source, flat)
    return statement.value


def _syntax_error(source: str, flat: str, indent: int, error: SyntaxError) -> FilterError:
    offset = min(indent + max(0, (error.offset or 1) - 1), len(flat))
    reason = (error.msg or "invalid syntax").split(". ")[0].rstrip(".?")
    if "escape sequence" in reason:
        return _error_at(source, offset, f"It cannot be read: {reason}.", r"Write a backslash as \\.")
    if missing_quote(flat):
        return _error_at(source, offset, f"It cannot be read: {reason}.", "A quotation mark is missing.")
    if "leading zeros" in reason and (number := leading_zeros(flat)):
        return _at_place(source, "A number cannot begin with a 0.", number)
    if statement_word(flat):
        return _statement(source, flat)
    if mark := first_mark(flat):
        return _at_place(source, "It cannot be read.", mark)
    if missing := missing_end(flat):
        return _error_at(source, offset, "It is not finished.", missing)
    return _error_at(source, offset, f"It cannot be read: {reason}.")


def _statement(source: str, flat: str) -> FilterError:
    place = statement_word(flat) or first_mark(flat) or (0, 1, "")
    return _at_place(source, "It must be one expression, not a statement.", place)


def _at_place(source: str, message: str, place: tuple[int, int, str]) -> FilterError:
    """Points at what a filter does not know, and says what to write instead."""
    start, end, hint = place
    return _error_at(source, start, message, hint, end)


def _unreadable(source: str, error: BaseException) -> FilterError:
    if isinstance(error, (MemoryError, RecursionError)):
        return FilterError("It is nested too deep.", source, 1, 1)
    if isinstance(error, Warning):
        return FilterError("It must be one expression; `;` cannot separate several.", source, 1, 1)
    return FilterError(f"It cannot be read: {error}.", source, 1, 1)


def _refuse_tokens(source: str, flat: str, indent: int) -> None:
    """What would mean something else on one line: a comment swallows the rest, a text would hold other white space."""
    if "#" not in flat and flat == source:
        return
    for token in tokenize.generate_tokens(io.StringIO(flat.strip()).readline):
        start, end = indent + token.start[1], indent + token.end[1]
        if token.type == tokenize.COMMENT:
            raise _error_at(source, start, "A comment cannot be part of an expression.")
        if token.type == tokenize.STRING and source[start:end] != flat[start:end]:
            raise _error_at(source, start, "A text cannot go on in the next line.", hint=r"Write \n for a line break.")


def _refused(source: str, flat: str, indent: int, refusal: Refusal) -> FilterError:
    encoded = flat.strip().encode("utf-8", "surrogatepass")
    start, end = (indent + len(encoded[:offset].decode("utf-8", "replace")) for offset in (refusal.start, refusal.end))
    return _error_at(source, start, refusal.message, refusal.hint, end)


def _error_at(source: str, offset: int, message: str, hint: str = "", end: int | None = None) -> FilterError:
    line, column = place_of(source, offset)
    length = max(1, (end or offset + 1) - offset)
    return FilterError(message, source, line, column, column + length, hint)


def place_of(source: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character of `source`."""
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
