"""Whether whoever looks may see payloads, and what is shown of what was sent and received to one who may not.

With SWITCH_MASK_PAYLOADS, only those may who could find out anyway: who may change a subscriber can ask any event any
question by a filter, or have it sent somewhere.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dispatch.masking import MASK
from dispatch.models import ApiKey

SCOPE, PERMISSION = "subscribers:write", "subscribers.change_subscriber"
#: What errors quote: parts of URLs, names and values.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|https?://\S+")
#: Beginnings of errors that earlier versions wrote down; they quote a URL with the values of path parameters.
WITH_VALUES = ("Invalid URL ", "Failed to parse: ", "No request could be built: ")

_looks: ContextVar[Callable[[], bool]] = ContextVar("looks", default=lambda: False)


def are_payloads_hidden() -> bool:
    """Of the request that is answered now; a command, which nobody has signed in for, sees no payloads either."""
    return settings.SWITCH_MASK_PAYLOADS and not _looks.get()()


def may_see_payloads(user: Any) -> bool:
    """Whether a user, or the management API's `Machine`, is above the setting."""
    key = getattr(user, "key", None)
    return SCOPE in key.scopes if isinstance(key, ApiKey) else user.has_perm(PERMISSION)


@contextmanager
def looking(may_see: Callable[[], bool]) -> Iterator[None]:
    token = _looks.set(may_see)
    try:
        yield
    finally:
        _looks.reset(token)


def viewing_middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Whoever is signed in looks; the management API puts its own caller in the user's place, later than this."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        with looking(lambda: may_see_payloads(request.user)):
            return get_response(request)

    return handle


def hidden(value: Any) -> Any:
    """JSON as Python with its form only: the keys stay, every value is masked."""
    if isinstance(value, dict):
        return {str(key): hidden(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [hidden(child) for child in value]
    return MASK


def seen_text(text: str) -> str:
    """A text that came from a payload or an answer, such as a body."""
    return MASK if text and are_payloads_hidden() else text


def seen_url(url: str) -> str:
    """Where a request went; path and query may hold parameters of the payload."""
    if not are_payloads_hidden():
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{MASK}"


def seen_headers(lines: str) -> str:
    """One `Name: value` a line."""
    if not are_payloads_hidden():
        return lines
    return "\n".join(f"{line.partition(':')[0]}: {MASK}" for line in lines.splitlines())


def seen_error(text: str) -> str:
    """The sentence of an error, without what it quotes; nobody sees what may be the value of a secret."""
    return QUOTED.sub(MASK, text) if are_payloads_hidden() or text.startswith(WITH_VALUES) else text
