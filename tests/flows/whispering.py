"""Secrets, each told apart from all others, and the forms in which one could be written down."""

import base64
import json
import secrets
from collections.abc import Iterator
from urllib.parse import quote, quote_plus


class Secrets:
    """Makes secrets and remembers what each was for."""

    def __init__(self) -> None:
        self._purposes: dict[str, str] = {}

    def new(self, purpose: str) -> str:
        """With characters that change in URLs, in JSON and in quotes."""
        return self.keep(purpose, f"s3/{secrets.token_hex(6)} +ü&{secrets.token_hex(6)}")

    def plain(self, purpose: str) -> str:
        """For places that take letters and digits only."""
        return self.keep(purpose, f"s3x{secrets.token_hex(12)}")

    def keep(self, purpose: str, secret: str) -> str:
        self._purposes[secret] = purpose
        return secret

    def found_in(self, text: str) -> list[str]:
        """What each secret was for that `text` holds in any form."""
        lowered = text.lower()
        return [
            f"{purpose}, as {form}"
            for secret, purpose in self._purposes.items()
            for form, written in forms(secret)
            if written.lower() in lowered
        ]


def forms(secret: str) -> Iterator[tuple[str, str]]:
    """In each half as well: a log may break a line, or cut it off."""
    for part, name in ((secret, "it is"), (secret[: len(secret) // 2], "its first half")):
        yield name, part
        yield f"{name}, percent-encoded", quote(part, safe="")
        yield f"{name}, as in a form", quote_plus(part)
        yield f"{name}, in JSON", json.dumps(part)[1:-1]
        yield f"{name}, in Python", repr(part)[1:-1]
        yield f"{name}, as bytes", repr(part.encode())[2:-1]
        yield f"{name}, in hexadecimal", part.encode().hex()
    yield from _base64_forms(secret.encode())


def _base64_forms(secret: bytes) -> Iterator[tuple[str, str]]:
    """Wherever it stands in what was encoded: the first and last characters depend on its neighbours."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)
        inner = encoded[4 if shift else 0 : -4].decode()
        yield f"base64 at {shift}", inner
        yield f"URL-safe base64 at {shift}", inner.replace("+", "-").replace("/", "_")
