"""What is wrong just now, as data: read from the ledger's own indexes, at a cost that does not grow with its past."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from dispatch.alerts import sentences
from dispatch.failing import GONE, TAKEN_NOTHING
from dispatch.ledger.standing import newest_dead
from dispatch.models import Alert, Health
from dispatch.overdue import due_since
from dispatch.readiness import stalled
from subscribers.models import Subscriber

Kind = Alert.Kind

#: Subscribers of one kind that are told of at a time.
LISTED = 50
#: Dead deliveries that are looked through, and how long after the last death the matter is over.
DEAD_LOOKED_AT = 1_000
DEAD_LATELY = timedelta(minutes=10)
BY_THE_HUB = Q(state_reason=GONE) | Q(state_reason__startswith=TAKEN_NOTHING)


@dataclass(frozen=True, slots=True)
class Condition:
    kind: Alert.Kind
    since: datetime
    sentence: str
    subscriber_id: int | None = None

    @property
    def key(self) -> str:
        """What and whom: equal for the same matter at another look."""
        return self.kind.value if self.subscriber_id is None else f"{self.kind.value}:{self.subscriber_id}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that is wrong; of the kinds in `crowded` only a part, so that absence there says nothing."""

    conditions: list[Condition] = field(default_factory=list)
    crowded: frozenset[Alert.Kind] = frozenset()


def judge(now: datetime) -> Judgement:
    """Raises DatabaseError."""
    conditions = [*_failing(now), *_paused(now), *_backlog(now), *_dead(now), *_stalled(now)]
    kinds = [each.kind for each in conditions]
    return Judgement(conditions, frozenset(kind for kind in kinds if kinds.count(kind) >= LISTED))


def _failing(now: datetime) -> Iterator[Condition]:
    before = now - timedelta(seconds=settings.SWITCH_ALERT_FAILING_SECONDS)
    found = Health.objects.filter(failing_since__lte=before, subscriber__in=Subscriber.objects.active())
    for health in found.select_related("subscriber").order_by("failing_since")[:LISTED]:
        if since := health.failing_since:
            sentence = sentences.failing(health.subscriber, since, health.breaker != Health.Breaker.CLOSED)
            yield Condition(Kind.FAILING, since, sentence, health.subscriber_id)


def _paused(now: datetime) -> Iterator[Condition]:
    for subscriber in Subscriber.objects.paused().filter(BY_THE_HUB).order_by("pk")[:LISTED]:
        yield Condition(Kind.PAUSED, subscriber.updated_at, sentences.paused(subscriber), subscriber.pk)


def _backlog(now: datetime) -> Iterator[Condition]:
    due_at = due_since(now)
    if due_at and now - due_at >= timedelta(seconds=settings.SWITCH_ALERT_BACKLOG_SECONDS):
        yield Condition(Kind.BACKLOG, due_at, sentences.backlog(due_at))


def _dead(now: datetime) -> Iterator[Condition]:
    died = [each for each in newest_dead(DEAD_LOOKED_AT) if each.settled_at > now - DEAD_LATELY]
    if died:
        names = Subscriber.objects.in_bulk({each.subscriber_id for each in died})
        since = min(each.settled_at for each in died)
        subscribers = sorted(str(each) for each in names.values())
        yield Condition(Kind.DEAD, since, sentences.dead(len(died), DEAD_LOOKED_AT, subscribers, since))


def _stalled(now: datetime) -> Iterator[Condition]:
    if sentence := stalled(now):
        yield Condition(Kind.STALLED, now, sentences.stalled(sentence))
