"""Why an expression was refused, and where."""

import re
from unicodedata import combining, east_asian_width

#: What would move the cursor, or cannot be written out.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class FilterError(ValueError):
    """An expression that cannot be a filter.

    `line` and `column` count from 1, `end_column` is one past the end of the place; `hint` says what to write instead.
    """

    def __init__(
        self, message: str, source: str, line: int, column: int, end_column: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
        self.column = column
        self.end_column = end_column or column + 1
        self.hint = hint

    def pointed(self) -> str:
        """The sentence, the line of the expression, carets under the place, and the hint."""
        lines = self.source.split("\n")
        text = CONTROL.sub(" ", lines[self.line - 1]) if self.line <= len(lines) else ""
        before, place = text[: self.column - 1], text[self.column - 1 : self.end_column - 1]
        shown = [self.message, text, " " * _width(before) + "^" * max(1, _width(place))]
        return "\n".join([*shown, self.hint] if self.hint else shown)


def _width(text: str) -> int:
    """How many cells of a terminal `text` takes: an ideograph takes two, a combining mark none."""
    return sum(2 if east_asian_width(each) in "WF" else 0 if combining(each) else 1 for each in text)
