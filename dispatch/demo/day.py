"""Writes a day of the demo's traffic into the ledger, by the statements that publishing and delivering use.

Only the times are made up: events are matched by the real filters, requests really built, and each outcome judged.
"""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import transaction

from dispatch.breaker import Tally
from dispatch.consumer.loading import load
from dispatch.consumer.settlements import Settled, settled, to_pause
from dispatch.consumer.watching import add
from dispatch.consumer.work import Work
from dispatch.counting import Folder, fold_attempts
from dispatch.demo.answers import outcome
from dispatch.demo.cast import BY_NAME, TOPICS, Topic
from dispatch.failing import pause_gone
from dispatch.identifiers import id_at, new_id
from dispatch.ledger import health
from dispatch.ledger.accepting import DeliveryRow, EventRow, insert_deliveries, insert_events
from dispatch.ledger.claiming import claim_named
from dispatch.ledger.counting import newest_attempt
from dispatch.ledger.dialect import atomic_cursor
from dispatch.ledger.settling import settle
from subscribers import matching
from subscribers.models import Subscriber

DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
#: Breakers tell of the present only.
WATCHED = timedelta(minutes=30)
#: How much is published in each hour of the day, against the mean.
HOURS = (3, 2, 2, 2, 3, 5, 8, 11, 14, 15, 15, 14, 13, 14, 15, 15, 14, 13, 12, 12, 11, 9, 7, 5)


@dataclass(slots=True)
class Day:
    """Ends at `now`. `minutes` writes it, a minute at a time."""

    now: datetime
    random: Random
    span: timedelta = DAY
    owner: UUID = field(default_factory=new_id)
    events: int = 0
    attempts: int = 0
    _number: int = 10_000
    _due: list[tuple[datetime, UUID]] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)

    def minutes(self) -> Iterator[datetime]:
        """Each minute that is written; between two of them subscribers may be changed."""
        self._names = dict(Subscriber.objects.values_list("pk", "name"))
        minute = self.now - self.span
        while minute < self.now:
            with transaction.atomic():
                for _ in range(30):
                    self._publish(minute)
                    self._deliver(min(minute + MINUTE, self.now))
                    minute += MINUTE
            yield minute

    def _publish(self, minute: datetime) -> None:
        for topic in TOPICS:
            mean = topic.per_hour / 60 * HOURS[minute.hour] / (sum(HOURS) / 24)
            for _ in range(int(mean) + (self.random.random() < mean % 1)):
                self._accept(topic, minute + MINUTE * self.random.random())

    def _accept(self, topic: Topic, moment: datetime) -> None:
        moment = min(moment, self.now)
        self._number += 1
        data = topic.data(self._number, self.random)
        payload = json.dumps(data, separators=(",", ":"))
        matches = matching.newest().match(topic.name, data)
        event_id = id_at(moment)
        row = EventRow(event_id, topic.name, topic.author, payload, len(payload), None, moment, len(matches), "done")
        rows = [
            DeliveryRow(id_at(moment), event_id, match.subscriber_id, match.revision, match.hold_reason)
            for match in matches
        ]
        with atomic_cursor() as cursor:
            insert_events(cursor, [row])
            insert_deliveries(cursor, rows, moment, is_queued=True)
        self.events += 1
        for each in rows:
            if not each.hold_reason:
                heapq.heappush(self._due, (moment, each.id))

    def _deliver(self, until: datetime) -> None:
        """What is due, in the order of time; retries come again when their time has come."""
        while self._due and self._due[0][0] <= until:
            due: dict[UUID, datetime] = {}
            while self._due and self._due[0][0] <= until:
                moment, delivery_id = heapq.heappop(self._due)
                due[delivery_id] = moment
            self._attempt(due)

    def _attempt(self, due: dict[UUID, datetime]) -> None:
        works = load(claim_named(self.owner, list(due), self.now), ())
        done = [self._done(work, due[work.claim.delivery_id]) for work in works]
        settle(self.owner, [each.settlement for each in done], lambda ours: pause_gone(to_pause(done, ours)))
        self.attempts += sum(each.settlement.attempt is not None for each in done)
        for each in done:
            if each.settlement.state == "pending":
                heapq.heappush(self._due, (each.settlement.due_at, each.settlement.delivery_id))
        self._watch([each for each in done if self.now - due[each.settlement.delivery_id] < WATCHED])

    def _done(self, work: Work, moment: datetime) -> Settled:
        if work.verdict is None and work.outcome is None:
            listener = BY_NAME[self._names[work.subscriber.id]]
            work.started_at = moment + timedelta(milliseconds=self.random.expovariate(1 / 15))
            work.outcome = outcome(listener, self.now - moment, self.random)
            moment = work.started_at + timedelta(milliseconds=work.outcome.timing.total_ms)
        return settled(work, min(moment, self.now), is_embedded=True)

    def _watch(self, done: Sequence[Settled]) -> None:
        tallies: dict[int, Tally] = {}
        for each in done:
            add(tallies.setdefault(each.work.subscriber.id, Tally()), each, self.now)
        if failing := {key: tally for key, tally in tallies.items() if not tally.is_all_well}:
            health.note(failing, self.now)


def count() -> None:
    """Folds all of it into the counters, as a consumer does bit by bit."""
    folder = Folder()
    while folder.fold():
        pass
    newest = newest_attempt()
    while fold_attempts(newest):
        pass
