"""Who publishes: the token of the Authorization header."""

from dataclasses import dataclass
from typing import ClassVar

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError

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
        words = get_authorization_header(request).split()
        if not words:
            return None
        if len(words) != 2 or words[0].lower() != b"bearer":
            raise AuthenticationFailed("The Authorization header must read: Bearer <token>.")
        try:
            token = PublisherToken.read(words[1].decode("ascii"))
        except UnicodeDecodeError as error:
            raise AuthenticationFailed("The token holds characters that no JWT has.") from error
        except TokenError as error:
            raise AuthenticationFailed(fault_of(error)) from error
        return Publisher(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="switch"'
