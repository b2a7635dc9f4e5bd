"""The header Idempotency-Key: what a repeated request is known by, and how its content is told from another's."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

HEADER = "Idempotency-Key"
MAX_KEY = 255


def key_of(request: Request) -> str:
    """The header's value; empty without one. Raises ValidationError."""
    key = request.headers.get(HEADER, "")
    if len(key) > MAX_KEY or not key.isprintable():
        raise ValidationError({HEADER: f"It has at most {MAX_KEY} characters, all of them printable."})
    return key


def content_of(asked: Mapping[str, Any]) -> str:
    """The SHA-256, in hex, of what a request asks for; moments and ids count as their text.

    Raises TypeError for what has no text of its own, such as a default of the database's.
    """
    return hashlib.sha256(json.dumps(dict(asked), sort_keys=True, default=_as_text).encode()).hexdigest()


def _as_text(value: object) -> str:
    if isinstance(value, datetime | UUID):
        return str(value)
    raise TypeError(f"A {type(value).__name__} is not the same in the next request.")
