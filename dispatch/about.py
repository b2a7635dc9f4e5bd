"""What a line of the log is about, as fields to search by: `logger.info(…, extra=about(delivery_id=…))`."""

from typing import Any
from uuid import UUID

#: The only extras that reach the log: others, such as Django's whole request, may hold secrets.
FIELDS = ("event_id", "delivery_id", "subscriber_id", "topic", "trace_id")


def about(
    *,
    event_id: UUID | None = None,
    delivery_id: UUID | None = None,
    subscriber_id: int | None = None,
    topic: str | None = None,
    trace_id: str | None = None,
) -> dict[str, Any]:
    """The `extra` of a log call: what is known of these, ids as text."""
    given = {
        "event_id": event_id and str(event_id),
        "delivery_id": delivery_id and str(delivery_id),
        "subscriber_id": subscriber_id,
        "topic": topic,
        "trace_id": trace_id,
    }
    return {name: value for name, value in given.items() if value is not None}
