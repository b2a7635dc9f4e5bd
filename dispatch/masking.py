"""Keeps secrets out of what is written down about a request. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, repeat
from urllib.parse import unquote, urlsplit, urlunsplit

from subscribers.targets import PLACEHOLDER, placeholders

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


def mask_url(url: str, target_url: str = "") -> str:
    """`url` with the values of parameters masked whose names sound secret: those of its query, and the path parameters
    that `target_url`, from which it was filled, asks for."""
    asks_secrets = any(map(is_secret, placeholders(target_url)))
    if "?" not in url and not asks_secrets:
        return url
    parts, asked = urlsplit(url), urlsplit(target_url if asks_secrets else "")
    query = _mask_query(parts.query, asked.query)
    return urlunsplit(parts._replace(path=_mask_path(parts.path, asked.path), query=query))


def _mask_path(path: str, asked: str) -> str:
    segments, names = path.split("/"), asked.split("/")
    if not any(map(_asks_secret, names)):
        return path
    if len(segments) != len(names):  # there was a `..`, by which one cannot tell which is which
        return f"/{MASK}"
    return "/".join(MASK if _asks_secret(name) else text for text, name in zip(segments, names, strict=True))


def _mask_query(query: str, asked: str) -> str:
    """What `asked` has comes first in `query`, in its order."""
    if not query:
        return query
    pairs = (pair.partition("=") for pair in query.split("&"))
    names = [pair.partition("=")[2] for pair in asked.split("&")]
    return "&".join(
        key + equals + (MASK if is_secret(unquote(key)) or _asks_secret(name) else value)
        for (key, equals, value), name in zip(pairs, chain(names, repeat("")), strict=False)
    )


def _asks_secret(text: str) -> bool:
    """Whether a segment of a path, or a value of a query, stands for a parameter whose name sounds secret."""
    match = PLACEHOLDER.match(text)
    return match is not None and is_secret(match[1])


def as_stored_text(raw: bytes | str) -> str:
    """Text that every database takes: bytes that are not UTF-8, and NUL, are escaped."""
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
