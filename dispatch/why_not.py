"""Says why a subscriber got an event, or why it did not."""

from dataclasses import dataclass
from enum import StrEnum

from dispatch.expressions import Then, expression_then
from dispatch.models import Delivery, Event
from dispatch.payloads import parse_json
from dispatch.revealing import Shown, Veil
from subscribers.filters import FilterError
from subscribers.filters.blaming import to_blame
from subscribers.filters.explaining import explain
from subscribers.models import Subscriber
from subscribers.topics import covers


class Cause(StrEnum):
    DELIVERY = "delivery"  # there is one: where it stands is another question
    DELETED = "deleted"
    OTHER_TOPIC = "other_topic"
    LATER = "later"  # the subscriber came after the event
    FAN_OUT = "fan_out"  # its turn has not come yet
    BROKEN = "broken"
    FALSE = "false"
    UNKNOWN = "unknown"
    CHANGED = "changed"  # what holds now did not hold then, or the delivery is gone


@dataclass(frozen=True, slots=True)
class Judged:
    """What an expression comes to for the event; `problem` points at its fault if it does not compile."""

    expression: str
    tree: Shown | None
    blamed: tuple[Shown, ...] = ()
    problem: str = ""

    @property
    def verdict(self) -> str:
        return self.tree.verdict if self.tree else "broken"


@dataclass(frozen=True, slots=True)
class Answer:
    """`then` is what the filter in force said, None if that is not known or was the same as today's, `now`."""

    cause: Cause
    sentence: str
    delivery: Delivery | None
    now: Judged
    then: Judged | None
    known: Then

    @property
    def is_taken(self) -> bool:
        return self.cause is Cause.DELIVERY

    @property
    def is_by_filter(self) -> bool:
        """Whether clauses of the filter are what kept the event away."""
        return self.cause in (Cause.FALSE, Cause.UNKNOWN)


def why(event: Event, subscriber: Subscriber) -> Answer:
    """Looks at the delivery if there is one, and else for the first thing that kept the event away."""
    delivery = Delivery.objects.filter(event=event, subscriber=subscriber, replay_of__isnull=True).first()
    data = parse_json(event.payload)
    known = expression_then(subscriber, event, delivery)
    now = judged(subscriber.filter_expression, data)
    is_other = known.expression is not None and known.expression != subscriber.filter_expression
    then = judged(known.expression or "", data) if is_other else None
    cause, sentence = _cause(event, subscriber, delivery, then or now, known)
    return Answer(cause, sentence, delivery, now, then, known)


def judged(expression: str, data: object) -> Judged:
    """An expression explained for `data`, its secrets masked."""
    try:
        explained = explain(expression, data)
    except FilterError as error:
        return Judged(expression, None, problem=error.pointed())
    veil = Veil(data)
    return Judged(expression, veil.shown(explained), tuple(veil.shown(part) for part in to_blame(explained)))


def _cause(
    event: Event, subscriber: Subscriber, delivery: Delivery | None, judged_then: Judged, known: Then
) -> tuple[Cause, str]:
    if delivery is not None:
        return Cause.DELIVERY, "It goes to this subscriber: there is a delivery of it."
    return _kept_away(event, subscriber, known.topic) or _by_filter(event, judged_then, known)


def _kept_away(event: Event, subscriber: Subscriber, topic: str) -> tuple[Cause, str] | None:
    """What keeps an event away whatever the filter says."""
    if subscriber.deleted_at and subscriber.deleted_at <= event.received_at:
        return (
            Cause.DELETED,
            f"The subscriber had been deleted by then, at {subscriber.deleted_at:%Y-%m-%d %H:%M:%S} UTC.",
        )
    if not covers(topic, event.topic):
        wants = "wants" if topic == subscriber.topic else "wanted then"
        return Cause.OTHER_TOPIC, f"The event is on {event.topic}, and the subscriber {wants} {topic}."
    if subscriber.created_at > event.received_at:
        created = f"{subscriber.created_at:%Y-%m-%d %H:%M:%S} UTC"
        return Cause.LATER, f"The subscriber was created later than the event, at {created}."
    if event.fan_out == Event.FanOut.PENDING and subscriber.pk > event.fan_out_cursor:
        return Cause.FAN_OUT, "The event goes to many subscribers, whose deliveries are being written: wait a moment."
    return None


def _by_filter(event: Event, judged_then: Judged, known: Then) -> tuple[Cause, str]:
    if judged_then.verdict == "broken":
        return Cause.BROKEN, "The subscriber's filter does not compile. Mend it: events that come meanwhile are held."
    whose = "The filter" if known.expression is not None else "Today's filter"
    if judged_then.verdict == "false":
        return Cause.FALSE, f"{whose} is false for this event."
    if judged_then.verdict == "unknown":
        return Cause.UNKNOWN, f"{whose} cannot be judged for this event, and so does not hold."
    if known.expression is not None:
        return Cause.CHANGED, "The filter takes it: its delivery was removed by retention, or by hand."
    return Cause.CHANGED, "Today's filter takes it. It was changed since, and the one in force then did not."
