"""Who calls the management API: a machine with an API key, or a staff user with a short-lived token."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken

from dispatch.api import keys
from dispatch.models import ApiKey

CHALLENGE = 'Bearer realm="switch api"'


@dataclass(frozen=True, slots=True)
class Machine:
    """Whoever holds an API key."""

    key: ApiKey
    is_authenticated: ClassVar[bool] = True

    @property
    def pk(self) -> str:
        """What throttling tells callers apart by."""
        return f"key-{self.key.pk}"

    def get_username(self) -> str:
        return f"API key {self.key.name}"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer swk_…`."""

    def authenticate(self, request: Request) -> tuple[Machine, ApiKey] | None:
        text = _bearer(request)
        if not text.startswith(keys.PREFIX):
            return None
        found = keys.find(text)
        if found is None:
            raise AuthenticationFailed("The API key is not known, or it has expired.")
        return Machine(found), found

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class StaffAuthentication(JWTAuthentication):
    """`Authorization: Bearer <token from /api/v1/token>`. Publishers' tokens are signed with another key."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        text = _bearer(request)
        if not text:
            return None
        try:
            token = self.get_validated_token(text.encode())
        except InvalidToken as error:
            raise AuthenticationFailed(
                "The token is not valid here, or it has expired: get one at /api/v1/token, or use an API key."
            ) from error
        return self.get_user(token), token

    def get_user(self, validated_token: Any) -> Any:
        user = super().get_user(validated_token)
        if not is_staff(user):
            raise AuthenticationFailed("This user is no longer staff.")
        return user

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def is_staff(user: AbstractBaseUser | None) -> bool:
    """simplejwt's rule of who may have a token."""
    return user is not None and user.is_active and bool(getattr(user, "is_staff", False))


def _bearer(request: Request) -> str:
    """The token of the header, empty without a header. Raises AuthenticationFailed for any other header."""
    words = get_authorization_header(request).split()
    if not words:
        return ""
    if len(words) != 2 or words[0].lower() != b"bearer" or not words[1].isascii():
        raise AuthenticationFailed("The Authorization header must read: Bearer <token or API key>.")
    return words[1].decode()
