"""For Django projects that have Switch among their apps: an event that is published if, and only if, they commit."""

from collections.abc import Mapping
from typing import Any

from dispatch.bodies import read_event
from dispatch.publishing import Accepted, IdempotencyConflictError, accept


def publish_on_commit(topic: str, data: Mapping[str, Any], *, author: str = "", key: str | None = None) -> Accepted:
    """Stores the event in the transaction that is open: both are kept, or neither. Delivery begins after the commit.

    `data` is what a publisher would send as the plain form's `data`. Raises PayloadError or ContentTooLargeError for
    what a publish would refuse, and IdempotencyConflictError if `key` named another event before.
    """
    given = {"topic": topic, "data": dict(data)}
    result = accept([read_event(given, given, author, key)])[0]
    if isinstance(result, IdempotencyConflictError):
        raise result
    return result
