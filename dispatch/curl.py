"""Writes a request as a command for curl, to be pasted into a shell. Pure."""

import shlex
from collections.abc import Iterable

#: A longer body would not fit into a command line that anybody pastes.
MAX_BODY = 64 << 10
#: curl makes these of the request itself.
OWN = ("content-length", "host")


def as_curl(method: str, url: str, headers: Iterable[tuple[str, str]], body: str | None) -> str:
    """One line an argument. Masked values stay masked: they are for the reader to fill in."""
    words = [f"curl {_method(method)} {shlex.quote(url)}"]
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers if name.lower() not in OWN]
    if body is not None:
        words.append(f"--data-raw {shlex.quote(body)}" if len(body) <= MAX_BODY else "--data-binary @body.json")
    # Those of a URL, such as [ and {, are no patterns here; a redirect is not followed, as the hub does not either.
    return " \\\n  ".join([*words, "--globoff"])


def _method(method: str) -> str:
    return "--head" if method == "HEAD" else f"-X {method}"


def header_pairs(text: str) -> list[tuple[str, str]]:
    """Headers that were written one `Name: value` a line."""
    lines = (line.partition(":") for line in text.splitlines() if ":" in line)
    return [(name.strip(), value.strip()) for name, _, value in lines]
