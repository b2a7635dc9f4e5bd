"""What became of an event, in the order of time: its deliveries, their attempts, and the one that is to come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from dispatch.admin.explaining import next_step
from dispatch.building import EventContent
from dispatch.meanings import Meaning, meaning
from dispatch.models import Attempt, Delivery
from dispatch.sent import Sent, content_of, sent

DELIVERIES_SHOWN = 50
ATTEMPTS_SHOWN = 50
#: Attempts of a page, of all its deliveries.
ATTEMPTS_IN_ALL = 500
#: Of so many, the newest, the page of a delivery shows what was sent and what came back.
OPENED = 10
TEXTS = ("request_headers", "response_headers", "response_body")


@dataclass(frozen=True, slots=True)
class Step:
    """An attempt, what it means, and, where it is told in full, what it sent."""

    attempt: Attempt
    meaning: Meaning
    sent: Sent | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery with its attempts in the order of time. `is_coming` says that another attempt is to be expected."""

    delivery: Delivery
    steps: Sequence[Step]
    next: str

    @property
    def is_coming(self) -> bool:
        return self.delivery.state == Delivery.State.PENDING

    @property
    def is_waiting(self) -> bool:
        return not self.delivery.is_settled

    @property
    def coming_number(self) -> int:
        return self.delivery.attempts + 1

    @property
    def is_due(self) -> bool:
        return self.delivery.due_at <= timezone.now()

    @property
    def is_cut(self) -> bool:
        return self.delivery.attempts > len(self.steps)


def lines_of(deliveries: Sequence[Delivery]) -> list[Line]:
    """One question for the attempts of all of them."""
    attempts = _attempts([each.pk for each in deliveries])
    return [
        Line(each, [_step(attempt) for attempt in attempts[each.pk][-ATTEMPTS_SHOWN:]], next_step(each))
        for each in deliveries
    ]


def line_of(delivery: Delivery) -> Line:
    """One delivery, its newest attempts told in full."""
    newest = list(delivery.tries.order_by("-number")[:ATTEMPTS_SHOWN])
    content = content_of(delivery.event)
    steps = [_full(attempt, content) if index < OPENED else _step(attempt) for index, attempt in enumerate(newest)]
    return Line(delivery, steps[::-1], next_step(delivery))


def full_step(attempt: Attempt) -> Step:
    return _full(attempt, content_of(attempt.delivery.event))


def _full(attempt: Attempt, content: EventContent) -> Step:
    return Step(attempt, meaning(attempt.status, attempt.error_kind), sent(attempt, content))


def _step(attempt: Attempt) -> Step:
    return Step(attempt, meaning(attempt.status, attempt.error_kind))


def _attempts(ids: Iterable[UUID]) -> dict[UUID, list[Attempt]]:
    found = Attempt.objects.filter(delivery__in=list(ids)).defer(*TEXTS).order_by("delivery", "number")
    by_delivery: dict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in found[:ATTEMPTS_IN_ALL]:
        by_delivery[attempt.delivery_id].append(attempt)
    return by_delivery
