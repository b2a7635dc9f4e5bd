"""Says in sentences where a delivery stands and what happens next; shows payloads without their secrets."""

import json
from typing import Any

from django.utils import timezone
from django.utils.timesince import timeuntil

from dispatch.masking import MASK, is_secret
from dispatch.models import Delivery
from dispatch.payloads import parse_json

#: Characters of a payload that a page shows.
PAYLOAD_SHOWN = 100_000

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
}


def next_step(delivery: Delivery) -> str:
    """What happens next with the delivery, or why nothing does."""
    match delivery.state:
        case Delivery.State.PENDING:
            return _pending(delivery)
        case Delivery.State.CLAIMED:
            return "A consumer is sending it now."
        case Delivery.State.HELD:
            reason = Delivery.Reason(delivery.reason)
            return HELD_UNTIL.get(reason, f"Held: {reason.label}. It is sent once that ends.")
        case Delivery.State.DELIVERED:
            return "Done: the subscriber took it."
        case Delivery.State.DEAD:
            return f"Given up: {Delivery.Reason(delivery.reason).label}. It is kept, and can be replayed."
    return f"Cancelled: {Delivery.Reason(delivery.reason).label}. It is not sent, but can be replayed."


def _pending(delivery: Delivery) -> str:
    attempt = f"Attempt {delivery.attempts + 1}"
    if delivery.due_at <= timezone.now():
        return f"{attempt} is due: a consumer takes it as soon as one is free."
    return f"{attempt} comes in {timeuntil(delivery.due_at)}, at {delivery.due_at:%Y-%m-%d %H:%M:%S} UTC or soon after."


def last_result(delivery: Delivery) -> str:
    """What the last attempt brought: a status, or why there is none."""
    if delivery.last_status:
        return str(delivery.last_status)
    return delivery.last_error or "—"


def shown_payload(payload: str) -> str:
    """The payload's JSON, indented, its secret headers masked."""
    data = parse_json(payload)
    if isinstance(data, dict) and isinstance(data.get("headers"), dict):
        data = data | {"headers": {name: _masked(name, value) for name, value in data["headers"].items()}}
    return cut(json.dumps(data, indent=2, ensure_ascii=False))


def _masked(name: str, value: Any) -> Any:
    return MASK if is_secret(name) else value


def cut(text: str) -> str:
    if len(text) <= PAYLOAD_SHOWN:
        return text
    return f"{text[:PAYLOAD_SHOWN]}\n… {len(text) - PAYLOAD_SHOWN:,} characters more"
