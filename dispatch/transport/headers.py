"""The header lines that libcurl is given: all of the exchange's, and none of its own."""

import re
from collections.abc import Sequence
from functools import lru_cache

from dispatch.outcomes import ErrorKind
from dispatch.transport.target import UnsendableError

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
#: What libcurl makes of the URL and the body. `Expect` would make it wait, `Transfer-Encoding` send chunks.
LIBCURLS = frozenset(("host", "content-length", "transfer-encoding", "expect"))
#: What libcurl adds where nobody gave it, and how it is told not to.
UNWANTED = (("accept", b"Accept:"), ("content-type", b"Content-Type:"), ("user-agent", b"User-Agent:"))
NO_EXPECT = b"Expect:"


def header_lines(headers: Sequence[tuple[str, str]]) -> list[bytes]:
    """Raises UnsendableError for a name that is no token and for a value with a line break or NUL."""
    names = set()
    lines = []
    for name, value in headers:
        key = _key(name)
        if key not in LIBCURLS:
            names.add(key)
            lines.append(_line(name, value))
    lines += [removal for name, removal in UNWANTED if name not in names]
    lines.append(NO_EXPECT)
    return lines


@lru_cache(maxsize=1_000)
def _key(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise UnsendableError(ErrorKind.BAD_REQUEST, f"{name!r} cannot be the name of a header.")
    return name.lower()


def _line(name: str, value: str) -> bytes:
    if "\n" in value or "\r" in value or "\0" in value:
        raise UnsendableError(ErrorKind.BAD_REQUEST, f"The header {name} holds a line break or NUL.")
    stripped = value.strip(" \t")
    # A semicolon instead of the colon is libcurl's way to send a header without a value; with one it would drop it.
    return _encoded(f"{name}: {stripped}" if stripped else f"{name};", name)


def _encoded(line: str, name: str) -> bytes:
    """Latin-1 as `requests` sends it, and UTF-8 where that has no such character."""
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        pass
    try:
        return line.encode()
    except UnicodeEncodeError as error:
        raise UnsendableError(ErrorKind.BAD_REQUEST, f"The header {name} holds half a character.") from error
