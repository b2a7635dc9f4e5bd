"""Who publishes: the token of the Authorization header."""

from dataclasses import dataclass
from typing import ClassVar

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError

from dispatch import verified
from dispatch.tokens import PublisherToken, fault_of


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whoever holds a signed token."""

    token: PublisherToken
    is_authenticated: ClassVar[bool] = True

    @property
    def author(self) -> str:
        return self.token.author

    def may_publish(self, topic: str) -> bool:
        return self.token.allows(topic)


class PublisherAuthentication(BaseAuthentication):
    """`Authorization: Bearer <jwt>`, the scheme in any case: the original's clients write `bearer`."""

    def authenticate(self, request: Request) -> tuple[Publisher, PublisherToken] | None:
        header = request._request.META.get("HTTP_AUTHORIZATION", "")
        publisher = publisher_of(header) if header.strip() else None
        return None if publisher is None else (publisher, publisher.token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="switch"'


def holds(header: str) -> bool:
    """Whether the text of an Authorization header names a publisher; for those who ask before a body is read."""
    try:
        publisher_of(header)
    except AuthenticationFailed:
        return False
    return True


def publisher_of(header: str) -> Publisher:
    """Raises AuthenticationFailed with the reason."""
    words = header.split()
    if len(words) != 2 or words[0].lower() != "bearer":
        raise AuthenticationFailed("The Authorization header must read: Bearer <token>.")
    if not words[1].isascii():
        raise AuthenticationFailed("The token holds characters that no JWT has.")
    try:
        return Publisher(verified.token(words[1]))
    except TokenError as error:
        raise AuthenticationFailed(fault_of(error)) from error
