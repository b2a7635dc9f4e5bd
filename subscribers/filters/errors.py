"""Why an expression was refused, and where."""


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
        text = lines[self.line - 1] if self.line <= len(lines) else ""
        carets = " " * (self.column - 1) + "^" * max(1, min(self.end_column, len(text) + 1) - self.column)
        shown = [self.message, text.replace("\t", " "), carets]
        return "\n".join([*shown, self.hint] if self.hint else shown)
