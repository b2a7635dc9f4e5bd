"""API keys: made, shown once, and found again by their hash."""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from dispatch.ledger import dialect
from dispatch.models import ApiKey

PREFIX = "swk_"
SECRET_BYTES = 32
#: So much of a key is kept in clear, by which a person tells it from others.
SHOWN = 10

logger = logging.getLogger(__name__)


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def seal(key: ApiKey, text: str) -> ApiKey:
    """Writes into the row what is kept of a key."""
    key.prefix, key.digest = text[:SHOWN], digest_of(text)
    return key


def make(name: str, scopes: Sequence[str], created_by: str, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key as a row and as the text to show once. Raises ValidationError."""
    text = new_key()
    made = seal(ApiKey(name=name, scopes=list(scopes), created_by=created_by[:150], expires_at=expires_at), text)
    made.full_clean()
    made.save(force_insert=True)
    return made, text


def digest_of(text: str) -> str:
    """Plain SHA-256: what is hashed has 256 random bits, so nobody can guess it, however quick the hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def find(text: str) -> ApiKey | None:
    """The key if it holds now; notes that it was used."""
    found = ApiKey.objects.filter(digest=digest_of(text)).first()
    now = timezone.now()
    if found is None or not found.holds_at(now):
        return None
    _note_use(found, now.replace(second=0, microsecond=0))
    return found


def _note_use(key: ApiKey, minute: datetime) -> None:
    """At most one write a minute, however often it is used. It fails nobody, and waits for no lock of SQLite."""
    if key.last_used_at is not None and key.last_used_at >= minute:
        return
    try:
        with dialect.without_waiting(), transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=minute)
    except (DatabaseError, InterfaceError) as error:
        logger.info("That the API key %s was used is not noted: %s", key.name, error)
