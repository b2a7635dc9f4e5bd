"""The topic and the filter expression that a subscriber had when an event came, as far as that is known."""

from dataclasses import dataclass

from dispatch.models import Delivery, Event
from subscribers.history import Version, version_at, version_of
from subscribers.models import Subscriber


@dataclass(frozen=True, slots=True)
class Then:
    """`expression` is None where nothing tells it, and `topic` today's; `how` says where it comes from, or why not."""

    topic: str
    expression: str | None
    how: str


def expression_then(subscriber: Subscriber, event: Event, delivery: Delivery | None) -> Then:
    """The one lookup of what a subscriber once was: all that asks goes through here."""
    is_same_revision = delivery is not None and delivery.subscriber_revision == subscriber.revision
    if is_same_revision or subscriber.updated_at <= event.received_at:
        return Then(subscriber.topic, subscriber.filter_expression, "The subscriber has not been changed since.")
    version = _version(subscriber, event, delivery)
    if version is not None:
        how = f"As its history has it of {version.since:%Y-%m-%d %H:%M:%S} UTC, revision {version.revision}."
        return Then(version.topic, version.filter_expression, how)
    if delivery is None and subscriber.created_at > event.received_at:
        return Then(subscriber.topic, None, "The subscriber was not there yet when the event came.")
    changed = f"{subscriber.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    judged = f"It was judged at revision {delivery.subscriber_revision}; the" if delivery is not None else "The"
    how = f"{judged} subscriber was last changed at {changed}, perhaps in its filter, and no history tells how."
    return Then(subscriber.topic, None, how)


def _version(subscriber: Subscriber, event: Event, delivery: Delivery | None) -> Version | None:
    if delivery is not None:
        return version_of(subscriber.pk, delivery.subscriber_revision)
    return version_at(subscriber.pk, event.received_at)
