"""Where a URL leads, or why it is not called: judged here once, so that libcurl's own reading of it decides nothing."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from dispatch.outcomes import ErrorKind
from subscribers.targets import DEFAULT_PORTS

#: Outside of printable ASCII, or the backslash that some readers of URLs take for a slash.
UNWRITABLE = re.compile(r"[^\x21-\x7e]|\\")


class UnsendableError(Exception):
    """The exchange is not sent, now or later. `kind` is BAD_REQUEST or FORBIDDEN_ADDRESS, the text a sentence."""

    def __init__(self, kind: ErrorKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is in lower case and without brackets; `peer` is host and port as messages show them."""

    host: str
    port: int
    is_secure: bool

    @property
    def peer(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


@lru_cache(maxsize=10_000)
def read_target(url: str) -> Target:
    """Raises UnsendableError for what is no http or https URL, and for user names, passwords and zones in it."""
    if UNWRITABLE.search(url):
        raise UnsendableError(ErrorKind.BAD_REQUEST, "The URL holds characters that must be percent-encoded.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnsendableError(ErrorKind.BAD_REQUEST, f"The URL cannot be used: {error}.") from error
    _refuse_forbidden(parts)
    if not parts.hostname or port == 0:
        raise UnsendableError(ErrorKind.BAD_REQUEST, "The URL must name a host, and no port 0.")
    return Target(parts.hostname, port or DEFAULT_PORTS[parts.scheme], parts.scheme == "https")


def bracketed(host: str) -> str:
    """`host` as URLs write it."""
    return f"[{host}]" if ":" in host else host


def _refuse_forbidden(parts: SplitResult) -> None:
    if parts.scheme not in DEFAULT_PORTS:
        scheme = parts.scheme or "a URL without scheme"
        raise UnsendableError(ErrorKind.FORBIDDEN_ADDRESS, f"Only http and https are called, not {scheme}.")
    if "@" in parts.netloc:
        raise UnsendableError(ErrorKind.FORBIDDEN_ADDRESS, "A URL with a user name or password is not called.")
    if "%" in parts.netloc:
        raise UnsendableError(ErrorKind.FORBIDDEN_ADDRESS, "A host with a zone or percent-encoding is not called.")
