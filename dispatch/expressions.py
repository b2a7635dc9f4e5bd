"""The filter expression that a subscriber had when an event came, as far as that is known."""

from dataclasses import dataclass

from dispatch.models import Delivery, Event
from subscribers.models import Subscriber


@dataclass(frozen=True, slots=True)
class Then:
    """`expression` is None where nothing tells it; `how` says in words where it comes from, or why it is not known."""

    expression: str | None
    how: str


def expression_then(subscriber: Subscriber, event: Event, delivery: Delivery | None) -> Then:
    """The one lookup of what a subscriber once was: all that asks goes through here."""
    if delivery is not None and delivery.subscriber_revision == subscriber.revision:
        return Then(subscriber.filter_expression, "The subscriber has not been changed since.")
    if subscriber.updated_at <= event.received_at:
        return Then(subscriber.filter_expression, "The subscriber has not been changed since.")
    changed = f"{subscriber.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    revision = f"It was judged at revision {delivery.subscriber_revision}; " if delivery is not None else ""
    return Then(None, f"{revision}the subscriber was last changed at {changed}, perhaps in its filter.")
