"""Who it is that acts, so that a change of a subscriber can tell: a user, a machine, a command, the hub itself."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: The hub itself: what happens without anybody's doing.
SYSTEM = "system"
MAX_NAME, MAX_REASON = 150, 500


class Actor(NamedTuple):
    """`name` is empty if it is not known."""

    name: str
    reason: str


_acting: ContextVar[tuple[Callable[[], str], str]] = ContextVar("acting", default=(str, ""))


@contextmanager
def acting(name: str | Callable[[], str], reason: str = "") -> Iterator[None]:
    """What is changed inside is changed by `name`; a callable is asked when it comes to that."""
    token = _acting.set((name if callable(name) else lambda: name, reason))
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def because(reason: str) -> Iterator[None]:
    """What is changed inside is changed by whoever acts, for this reason."""
    with acting(_acting.get()[0], reason):
        yield


def actor() -> Actor:
    name, reason = _acting.get()
    return Actor(name()[:MAX_NAME], reason[:MAX_REASON])


def operator() -> str:
    """The login name of whoever runs a command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"


def acting_middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Whoever is signed in acts; the management API puts its own caller in the user's place, later than this."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        with acting(lambda: request.user.get_username()):
            return get_response(request)

    return handle
