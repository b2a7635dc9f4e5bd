"""Faults at random moments under load, and the account that is made of it."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from tests.faults.load import Load
from tests.faults.stage import SUBSCRIBERS, TOPIC, WIDE_SUBSCRIBERS, WIDE_TOPIC, Stage

CONSUMERS = 2
#: So long something stays away after its death, and so long nothing happens between two faults, in seconds.
AWAY = (0.2, 2.0)
CALM = (1.0, 4.0)
EVENTS = "SELECT id, topic, matched FROM event"
MATCHED = {TOPIC: SUBSCRIBERS, WIDE_TOPIC: WIDE_SUBSCRIBERS}


class Storm:
    """Does the faults that it is named, one after another, in an order of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.done: Counter[str] = Counter()
        self._faults: dict[str, Callable[[], None]] = {
            "kill web": self._kill_web,
            "kill consumer": self._kill_consumer,
            "kill faktory": lambda: self._restart("faktory"),
            "kill postgres": lambda: self._restart("postgres"),
            "stop postgres": self._stop_postgres,
            "roll consumers": self._roll_consumers,
        }

    def start(self) -> None:
        self.stage.books.subscribe_many(WIDE_TOPIC, f"{self.stage.receiver.url}/wide/", WIDE_SUBSCRIBERS)
        self.stage.hub.start_web()
        for _ in range(CONSUMERS):
            self.stage.start_consumer()

    def rage(self, faults: Sequence[str]) -> None:
        for fault in random.sample(faults, len(faults)):
            time.sleep(random.uniform(*CALM))
            self._faults[fault]()
            self.done[fault] += 1

    def _kill_web(self) -> None:
        self.stage.hub.kill_web()
        time.sleep(random.uniform(*AWAY))
        self.stage.hub.start_web()

    def _kill_consumer(self) -> None:
        self.stage.kill(random.choice(self.stage.hub.consumers))
        time.sleep(random.uniform(*AWAY))
        self.stage.start_consumer()

    def _restart(self, name: str) -> None:
        server = self.stage.servers[name]
        server.kill()
        time.sleep(random.uniform(*AWAY))
        server.start()

    def _stop_postgres(self) -> None:
        server = self.stage.servers["postgres"]
        server.stop()
        time.sleep(random.uniform(*AWAY))
        server.start()

    def _roll_consumers(self) -> None:
        for old in list(self.stage.hub.consumers):
            self.stage.start_consumer()
            old.send_signal(signal.SIGTERM)
            assert old.wait(45) == 0, self.stage.log_tail()
            self.stage.hub.consumers.remove(old)


@dataclass(frozen=True)
class Account:
    """What was accepted, and what became of it."""

    layout: str
    faults: Counter[str]
    seconds: float
    accepted: int
    refused: dict[int, int]
    repeated: int
    deliveries: int
    arrived: int
    lost: int
    twice: int
    unexplained: int
    lost_claims: int
    recovered_seconds: float

    @property
    def events_per_second(self) -> float:
        return self.accepted / self.seconds

    def __str__(self) -> str:
        rows = {
            "faults": ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items())),
            "load": f"{self.accepted} events in {self.seconds:.0f} s, {self.events_per_second:.0f}/s",
            "publishes refused, by status": ", ".join(f"{key}: {count}" for key, count in self.refused.items()) or "0",
            "events whose first answer was lost": self.repeated,
            "deliveries, all delivered": self.deliveries,
            "requests that arrived": self.arrived,
            "lost": self.lost,
            "arrived twice": f"{self.twice}, of which {self.unexplained} without a claim lost by death",
            "claims lost by death": self.lost_claims,
            "all settled after the last fault": f"{self.recovered_seconds:.0f} s",
        }
        return "\n".join([f"\n{self.layout}", *(f"  {name:36} {value}" for name, value in rows.items())])


def account(layout: str, stage: Stage, faults: Counter[str], load: Load, recovered_seconds: float) -> Account:
    """Fails unless every accepted event has exactly its deliveries, and each of them was delivered and arrived."""
    books = stage.books
    stored = {str(UUID(str(event_id))): (topic, matched) for event_id, topic, matched in books.rows(EVENTS)}
    assert stored.keys() == load.accepted.keys(), f"{len(stored)} are stored, {len(load.accepted)} were accepted"
    wanted = {event_id: MATCHED[topic] for event_id, (topic, _) in stored.items()}
    assert wanted == {event_id: matched for event_id, (_, matched) in stored.items()}
    written = Counter(str(UUID(str(event_id))) for (event_id,) in books.rows("SELECT event_id FROM delivery"))
    assert written == wanted
    answered = {event_id: matched for event_id, matched in load.accepted.items() if matched is not None}
    assert answered.items() <= wanted.items()
    assert books.states() == {"delivered": sum(wanted.values())}
    settled, lost_claims = books.settled(), books.lost_claims()
    arrived, twice = stage.receiver.deliveries, stage.duplicates()
    assert arrived.keys() <= settled
    return Account(
        layout=layout,
        faults=faults,
        seconds=load.seconds,
        accepted=len(stored),
        refused=dict(load.refused),
        repeated=load.repeated,
        deliveries=len(settled),
        arrived=arrived.total(),
        lost=len(settled - arrived.keys()),
        twice=len(twice),
        unexplained=sum(count > lost_claims[delivery_id] for delivery_id, count in twice.items()),
        lost_claims=lost_claims.total(),
        recovered_seconds=recovered_seconds,
    )
