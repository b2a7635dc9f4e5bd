"""Says in sentences where a delivery stands and what happens next; shows payloads without their secrets."""

import json

from django.utils import timezone
from django.utils.html import format_html

from dispatch.models import Delivery, Health
from dispatch.payloads import parse_json
from dispatch.revealing import masked
from dispatch.shown.texts import cut
from dispatch.shown.times import shown_time
from dispatch.viewing import seen_error

STATE_LABELS = {
    Delivery.State.PENDING: "info",
    Delivery.State.CLAIMED: "info",
    Delivery.State.HELD: "warning",
    Delivery.State.DELIVERED: "success",
    Delivery.State.DEAD: "danger",
    Delivery.State.CANCELLED: "warning",
}
HELD_UNTIL = {
    Delivery.Reason.PAUSED: "Held: the subscriber is paused. It is sent once the subscriber is resumed.",
    Delivery.Reason.BROKEN: (
        "Held: the subscriber's filter does not compile. Once it is mended, the event is judged by the new filter."
    ),
    Delivery.Reason.CAPPED: (
        "Held: the subscriber has as many requests in flight as it keeps up with. "
        "It is sent as soon as some of them are answered."
    ),
    Delivery.Reason.RATE: "Held: the subscriber's rate limit is reached. It is sent as the limit allows, in its turn.",
    Delivery.Reason.BREAKER: "Held: the subscriber kept failing.",
    Delivery.Reason.THROTTLED: "Held: the subscriber asked to wait.",
}
#: What the subscriber's breaker does with what is held, besides the reason for which it once was.
SHUT_OFF = {
    Health.Breaker.OPEN: "It is left alone until {until}. Then one delivery is sent to find out; if it is answered, "
    "the others follow, slowly at first.",
    Health.Breaker.HALF_OPEN: "One delivery is on its way to find out how it does; once it is answered, all follow.",
}
ENDED_BY_BREAKER = (
    Delivery.Reason.CAPPED,
    Delivery.Reason.RATE,
    Delivery.Reason.BREAKER,
    Delivery.Reason.THROTTLED,
)


def next_step(delivery: Delivery) -> str:
    """What happens next with the delivery, or why nothing does; HTML where it names a time."""
    match delivery.state:
        case Delivery.State.PENDING:
            return _pending(delivery)
        case Delivery.State.CLAIMED:
            return "A consumer is sending it now."
        case Delivery.State.HELD:
            return _held(delivery, Delivery.Reason(delivery.reason))
        case Delivery.State.DELIVERED:
            return "Done: the subscriber took it."
        case Delivery.State.DEAD:
            return f"Given up: {_ended(delivery)}"
    return f"Cancelled: {_ended(delivery)}"


def _ended(delivery: Delivery) -> str:
    reason = Delivery.Reason(delivery.reason).label
    if delivery.subscriber.deleted_at is not None:
        return f"{reason}. It is kept, and cannot be replayed: its subscriber is deleted."
    return f"{reason}. It is kept, and can be replayed."


def _held(delivery: Delivery, reason: Delivery.Reason) -> str:
    sentence = HELD_UNTIL.get(reason, f"Held: {reason.label}. It is sent once that ends.")
    health = Health.objects.filter(pk=delivery.subscriber_id).first()
    if reason not in ENDED_BY_BREAKER:
        return sentence
    if health is None or health.breaker not in SHUT_OFF:
        is_over = reason in (Delivery.Reason.BREAKER, Delivery.Reason.THROTTLED)
        return f"{sentence} That is over: it is sent in its turn." if is_over else sentence
    shut_off = format_html(SHUT_OFF[Health.Breaker(health.breaker)], until=shown_time(health.open_until, is_long=True))
    return format_html("{} {}", sentence, shut_off)


def _pending(delivery: Delivery) -> str:
    attempt = f"Attempt {delivery.attempts + 1}"
    if delivery.due_at <= timezone.now():
        return f"{attempt} is due: a consumer takes it as soon as one is free."
    return format_html("{} comes at {}, or soon after.", attempt, shown_time(delivery.due_at, is_long=True))


def last_result(delivery: Delivery) -> str:
    """What the last attempt brought: a status, or why there is none."""
    if delivery.last_status:
        return str(delivery.last_status)
    return seen_error(delivery.last_error) or "—"


def shown_payload(payload: str) -> str:
    """The payload's JSON, indented, its secrets masked; all of its values where payloads are hidden."""
    return cut(json.dumps(masked(parse_json(payload)), indent=2, ensure_ascii=False))
