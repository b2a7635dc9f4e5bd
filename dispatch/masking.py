"""Keeps secrets out of what is written down about a request. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit, urlunsplit

MASK = "***"
SECRET_NAME = re.compile(
    r"authorization|cookie|token|secret|password|passwd|passphrase|signature|credential|sessionid"
    r"|(api|access|auth|private|functions)[-_]?key|\A(x-)?(auth|jwt|pass|pwd|sig)\Z",
    re.I,
)


@lru_cache(maxsize=10_000)
def is_secret(name: str) -> bool:
    """Whether the name of a header or parameter says that its value is nobody's business."""
    return SECRET_NAME.search(name) is not None


def mask_headers(headers: Iterable[tuple[str, str]]) -> str:
    """One `Name: value` a line, the values of secrets masked."""
    return "\n".join([f"{name}: {MASK if is_secret(name) else value}" for name, value in headers])


def mask_url(url: str) -> str:
    """`url` with the values of query parameters masked whose names sound secret."""
    if "?" not in url:
        return url
    parts = urlsplit(url)
    pairs = (pair.partition("=") for pair in parts.query.split("&"))
    query = "&".join(key + equals + (MASK if is_secret(unquote(key)) else value) for key, equals, value in pairs)
    return urlunsplit(parts._replace(query=query))


def as_stored_text(raw: bytes | str) -> str:
    """Text that every database takes: bytes that are not UTF-8, and NUL, are escaped."""
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
