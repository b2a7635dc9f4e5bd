"""Tokens that were verified lately. To verify one takes longer than to store an event."""

import hashlib
import threading
import time
from dataclasses import dataclass

from django.conf import settings

from dispatch.tokens import LEEWAY_SECONDS, PublisherToken

#: Each holds some hundred bytes. Only good tokens get in, so nobody without the secret can push others out.
CAPACITY = 4096


@dataclass(frozen=True, slots=True)
class _Entry:
    """A token, and the seconds of the Unix time between which it holds."""

    token: PublisherToken
    begins_at: float
    ends_at: float


_Rules = tuple[str, str, bool]

_lock = threading.Lock()
#: By the token's hash, the oldest first: what stays in memory signs nothing.
_known: dict[bytes, _Entry] = {}
_known_under: _Rules | None = None


def token(encoded: str) -> PublisherToken:
    """What PublisherToken.read returns; raises what it raises. Remembers a token only for as long as it holds."""
    rules = (settings.SWITCH_JWT_SECRET, settings.SWITCH_JWT_PREVIOUS_SECRET, settings.SWITCH_JWT_REQUIRE_EXPIRY)
    digest = hashlib.sha256(encoded.encode()).digest()
    if rules == _known_under:
        entry = _known.get(digest)
        if entry is not None and entry.begins_at <= time.time() < entry.ends_at:
            return entry.token
    found = PublisherToken.read(encoded)
    _remember(digest, _entry(found), rules)
    return found


def _entry(found: PublisherToken) -> _Entry:
    begins = [float(found.payload[claim]) - LEEWAY_SECONDS for claim in ("nbf", "iat") if claim in found.payload]
    ends_at = float(found.payload["exp"]) + LEEWAY_SECONDS if "exp" in found.payload else float("inf")
    return _Entry(found, max(begins, default=float("-inf")), ends_at)


def _remember(digest: bytes, entry: _Entry, rules: _Rules) -> None:
    global _known_under
    with _lock:
        if rules != _known_under:
            _known.clear()
            _known_under = rules
        while len(_known) >= CAPACITY:
            del _known[next(iter(_known))]
        _known[digest] = entry
