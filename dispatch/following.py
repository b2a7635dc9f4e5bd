"""Follows what happens: events as they come in, and the outcomes of attempts, in order and each once.

A row may become visible after one with a greater id: so each look takes only what was there at the look before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from dispatch.models import Attempt, Delivery, Event
from dispatch.outcomes import ErrorKind
from dispatch.topics import published_topics
from dispatch.viewing import seen_error
from subscribers.models import Subscriber
from subscribers.topics import is_pattern

#: Rows of a kind that one look takes at most; of what is beyond them only the number is told.
AT_ONCE = 500
#: Among so many of the newest the last ones are looked for: those of a quiet subscriber or pattern may lie far back.
LOOKED_BACK = 10_000
NOTHING = UUID(int=0)
#: What an attempt makes of its delivery.
SETTLED = (Delivery.State.DELIVERED, Delivery.State.DEAD)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line to tell: an event (`delivery` is None), or the outcome of an attempt."""

    at: datetime
    topic: str
    event: UUID
    author: str = ""
    matched: int | None = None
    payload: str = ""
    delivery: UUID | None = None
    subscriber: str = ""
    number: int = 0
    status: int | None = None
    error: str = ""
    total_ms: float = 0.0
    state: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What has happened since the look before, in the order of time; `skipped` came too quickly to be told."""

    happenings: list[Happening] = field(default_factory=list)
    skipped: int = 0


@dataclass(slots=True)
class Follower:
    """Everything, or what is of a topic or pattern, of one subscriber, or of deliveries that are in one state now."""

    topic: str = ""
    subscriber: Subscriber | None = None
    state: str = ""
    with_payload: bool = False
    _event: UUID = NOTHING
    _attempt: int = 0
    _next_event: UUID = NOTHING
    _next_attempt: int = 0

    def begin(self, last: int) -> Looked:
        """The last ones there are; from now on `look` tells what comes."""
        self._next_event = self._event = _newest_event()
        self._next_attempt = self._attempt = _newest_attempt()
        if not last:
            return Looked()
        events = self._of_topic(self._seen_events()).order_by("-pk")[:last]
        newest = Attempt.objects.filter(pk__lte=self._attempt, pk__gt=self._attempt - LOOKED_BACK)
        attempts = self._wanted(newest).order_by("-pk")[:last]
        told = [*(self._events(events) if self._tells_events else []), *self._attempts(attempts)]
        return Looked(_sorted(told)[-last:])

    def has_published(self) -> bool:
        """Whether there is an event of the topic, or of a topic that the pattern takes."""
        if not is_pattern(self.topic):
            return Event.objects.filter(topic=self.topic).exists()
        prefix = self.topic[:-1]
        behind = published_topics(1, after=prefix)
        return Event.objects.filter(topic=prefix).exists() or any(topic.startswith(prefix) for topic in behind)

    def look(self) -> Looked:
        events, skipped_events = self._new_events()
        attempts, skipped_attempts = self._new_attempts()
        self._event, self._next_event = self._next_event, _newest_event()
        self._attempt, self._next_attempt = self._next_attempt, _newest_attempt()
        return Looked(_sorted([*events, *attempts]), skipped_events + skipped_attempts)

    def _seen_events(self) -> QuerySet[Event]:
        """No index tells those of a pattern: they are looked for among the newest."""
        seen = Event.objects.filter(pk__lte=self._event)
        return seen.filter(pk__in=seen.order_by("-pk").values("pk")[:LOOKED_BACK]) if is_pattern(self.topic) else seen

    @property
    def _tells_events(self) -> bool:
        """An event is nobody's, and in no state."""
        return self.subscriber is None and not self.state

    def _new_events(self) -> tuple[list[Happening], int]:
        if not self._tells_events:
            return [], 0
        new = self._of_topic(Event.objects.filter(pk__gt=self._event, pk__lte=self._next_event)).order_by("pk")
        return self._events(new[:AT_ONCE]), _beyond(new)

    def _of_topic(self, events: QuerySet[Event]) -> QuerySet[Event]:
        return events.filter(_wanted_topic("topic", self.topic)) if self.topic else events

    def _new_attempts(self) -> tuple[list[Happening], int]:
        new = Attempt.objects.filter(pk__gt=self._attempt, pk__lte=self._next_attempt).order_by("pk")
        wanted = self._wanted(new)
        return self._attempts(wanted[:AT_ONCE]), _beyond(wanted)

    def _wanted(self, attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
        if self.topic:
            attempts = attempts.filter(_wanted_topic("delivery__event__topic", self.topic))
        if self.subscriber:
            attempts = attempts.filter(delivery__subscriber=self.subscriber)
        return attempts.filter(delivery__state=self.state) if self.state else attempts

    def _events(self, events: QuerySet[Event]) -> list[Happening]:
        columns = ["pk", "topic", "author", "matched", "received_at", *(["payload"] if self.with_payload else [])]
        return [
            Happening(
                *(row["received_at"], row["topic"], row["pk"], row["author"], row["matched"], row.get("payload", ""))
            )
            for row in events.values(*columns)
        ]

    def _attempts(self, attempts: QuerySet[Attempt]) -> list[Happening]:
        """With the payloads, where no line of an event shows them."""
        with_payload = self.with_payload and not self._tells_events
        chosen = attempts.select_related("delivery__event", "delivery__subscriber").only(
            *("number", "started_at", "status", "error", "error_kind", "total_ms", "delivery__state"),
            *("delivery__attempts", "delivery__event__topic", *(["delivery__event__payload"] if with_payload else [])),
            *("delivery__subscriber__name", "delivery__subscriber__topic", "delivery__subscriber__target_url"),
        )
        return [_outcome(attempt, attempt.delivery, with_payload) for attempt in chosen]


def _outcome(attempt: Attempt, delivery: Delivery, with_payload: bool) -> Happening:
    return Happening(
        attempt.started_at,
        delivery.event.topic,
        delivery.event_id,
        delivery=delivery.pk,
        subscriber=str(delivery.subscriber),
        number=attempt.number,
        status=attempt.status,
        error=seen_error(attempt.error),
        total_ms=attempt.total_ms,
        state=_became(attempt, delivery),
        payload=delivery.event.payload if with_payload else "",
    )


def _became(attempt: Attempt, delivery: Delivery) -> str:
    """What came of this attempt; the last one is told by what it made of its delivery, if that is settled by it."""
    if attempt.number == delivery.attempts and delivery.state in SETTLED:
        return delivery.state
    return "cut off" if attempt.error_kind == ErrorKind.CUT_OFF else "failed"


def _wanted_topic(field: str, topic: str) -> Q | Exact:
    """Not by LIKE, which on SQLite takes capitals for small letters."""
    prefix = topic[:-1]
    if not is_pattern(topic):
        return Q(**{field: topic})
    return Exact(Left(field, len(prefix)), prefix) if prefix else Q()


def _newest_event() -> UUID:
    # Not by MAX, which Postgres has no notion of for ids of this kind.
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or NOTHING


def _newest_attempt() -> int:
    return Attempt.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _beyond(rows: QuerySet[Any]) -> int:
    """How many are more than one look tells, counted up to ten times as many."""
    return max(0, rows[: AT_ONCE * 10].count() - AT_ONCE)


def _sorted(happenings: Sequence[Happening]) -> list[Happening]:
    return sorted(happenings, key=lambda happening: happening.at)
