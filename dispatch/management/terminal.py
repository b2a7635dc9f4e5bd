"""Writes to a terminal by rich: in colours on one, plainly where the output is piped or kept."""

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.text import Text


def console_for(output: OutputWrapper) -> Console:
    """Django's own wrapper would end each piece that rich writes with a line."""
    output.ending = ""
    is_terminal = output.isatty()
    return Console(
        file=output,  # type: ignore[arg-type] # it writes and flushes, which is all that is asked of it
        force_terminal=is_terminal,
        no_color=not is_terminal,
        highlight=False,
        soft_wrap=True,
        legacy_windows=False,
    )


def printable(text: str) -> str:
    """What others wrote, such as an error or an author, cannot steer the terminal."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def line(*parts: tuple[str, str] | str) -> Text:
    """A line of texts, each plain or with its style."""
    found = Text()
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        found.append(printable(text), style=style)
    return found
