"""Publishers' tokens: JWTs over SWITCH_JWT_SECRET, as the original's clients sign them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

from dispatch.payloads import STRICT_DECODER, PayloadError
from subscribers.topics import covers

ALGORITHM = "HS256"
LEEWAY_SECONDS = 30
#: Claims in which the author stands: the original's clients write `Author`.
AUTHOR_CLAIMS = ("author", "Author")
MAX_AUTHOR_LENGTH = 255
LAST_SECOND = 253_402_300_799  # of the year 9999, as Python's own times end there


#: What each of PyJWT's refusals means, the narrower before the wider. The signature is checked before the claims: of
#: these nobody hears who has not signed the token.
FAULTS = (
    (jwt.ExpiredSignatureError, "The token has expired (exp)."),
    (jwt.ImmatureSignatureError, "The token is not valid yet: its nbf or iat lies in the future."),
    (jwt.InvalidSignatureError, "The token's signature does not fit: it was signed with another secret, or changed."),
    (jwt.InvalidAlgorithmError, "The token is not signed with HS256, the only algorithm that is taken."),
    ((jwt.exceptions.InvalidSubjectError, jwt.exceptions.InvalidJTIError), "The token's sub and jti must be strings."),
    (jwt.InvalidIssuedAtError, "The token's iat must be a number of seconds."),
    (jwt.DecodeError, "The token cannot be read: it is no JWT, or its exp or nbf is no number of seconds."),
)
OTHER_FAULT = "The token is not valid: its header or its claims hold something that is not taken."


def fault_of(error: TokenError) -> str:
    """What is wrong with a token that `read` has refused, as a sentence that holds nothing of it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, jwt.PyJWTError):
        cause = cause.__cause__
    if cause is None:
        return str(error)
    return next((sentence for kinds, sentence in FAULTS if isinstance(cause, kinds)), OTHER_FAULT)


@lru_cache(maxsize=4)
def _backend(secret: str) -> TokenBackend:
    return TokenBackend(ALGORITHM, signing_key=secret, leeway=LEEWAY_SECONDS)


class PublisherToken(Token):
    """Says who publishes (`author`), and on which topics (`topics`, all if absent).

    Other than simplejwt's own tokens it needs no `exp`, `jti` or type; `exp`, `nbf` and `iat` count where present.
    """

    token_type = "publisher"  # noqa: S105 - a word, no secret
    lifetime = timedelta(days=365)  # simplejwt demands one; `issue` sets or removes `exp` itself

    @classmethod
    def issue(
        cls, author: str, topics: Sequence[str] | None = None, lifetime: timedelta | None = None
    ) -> PublisherToken:
        """A new token: for all topics if `topics` is None, without expiry if `lifetime` is."""
        token = cls()
        token.payload = {"author": author, "iat": token.payload["iat"]}
        if topics is not None:
            token["topics"] = list(topics)
        if lifetime is not None:
            token.set_exp(lifetime=lifetime)
        return token

    def get_token_backend(self) -> TokenBackend:
        return _backend(settings.SWITCH_JWT_SECRET)

    @classmethod
    def read(cls, encoded: str) -> PublisherToken:
        """The verified token. Raises simplejwt's TokenError if neither secret signed it, or it does not hold now."""
        try:
            return cls(encoded)  # type: ignore[arg-type] # simplejwt's own annotation of an encoded token is wrong
        except TokenError as error:
            if not settings.SWITCH_JWT_PREVIOUS_SECRET or not _is_signed_otherwise(error):
                raise
            return _PreviousSecretToken(encoded)  # type: ignore[arg-type] # likewise

    def verify(self) -> None:
        _check_unambiguous(self.token)
        if settings.SWITCH_JWT_REQUIRE_EXPIRY and "exp" not in self.payload:
            raise TokenError("The token has no expiry (exp), and this hub demands one.")
        if any(abs(int(self.payload.get(claim, 0))) > LAST_SECOND for claim in ("exp", "nbf", "iat")):
            raise TokenError("The token's exp, nbf and iat must be seconds since 1970, before the year 10000.")
        if not is_author(self.author):
            raise TokenError(f"The token's author must be a string of at most {MAX_AUTHOR_LENGTH} characters.")
        topics = self.payload.get("topics")
        if topics is not None and not _is_list_of_strings(topics):
            raise TokenError("The token's topics must be a list of strings.")

    @property
    def author(self) -> str:
        return next((self.payload[claim] for claim in AUTHOR_CLAIMS if claim in self.payload), "")

    def allows(self, topic: str) -> bool:
        """Whether it may publish on `topic`. A `*` at the end of a name stands for anything."""
        topics = self.payload.get("topics")
        return topics is None or any(covers(pattern, topic) for pattern in topics)


class _PreviousSecretToken(PublisherToken):
    def get_token_backend(self) -> TokenBackend:
        return _backend(settings.SWITCH_JWT_PREVIOUS_SECRET)


def _is_signed_otherwise(error: TokenError) -> bool:
    backend_error = error.__cause__
    return backend_error is not None and isinstance(backend_error.__cause__, jwt.InvalidSignatureError)


def _check_unambiguous(token: Any) -> None:
    """Raises TokenError if header or claims name a key twice: the one who reads them next might take the other."""
    try:
        for part in jwt.utils.force_bytes(token or b"").split(b".")[:2]:
            STRICT_DECODER.decode(jwt.utils.base64url_decode(part).decode())
    except PayloadError as error:
        raise TokenError(f"The token's header or claims cannot be trusted. {error.message}") from error


def is_author(author: Any) -> bool:
    """Whether every database takes it as an author: no NUL, and no half of a surrogate pair, which JSON can name."""
    if not isinstance(author, str) or len(author) > MAX_AUTHOR_LENGTH or "\x00" in author:
        return False
    return author.isascii() or not any("\ud800" <= character <= "\udfff" for character in author)


def _is_list_of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
