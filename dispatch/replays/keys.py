"""The idempotency key of a request for a replay. Pure."""

from typing import NamedTuple


class Key(NamedTuple):
    """`content` is the SHA-256, in hex, of what was asked for under the key. Both are empty where there is no key."""

    text: str = ""
    content: str = ""


NO_KEY = Key()
