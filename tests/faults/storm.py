"""Faults at random moments, and the subscribers of the events that are published meanwhile."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.faults.moody import MoodyReceiver
from tests.faults.stage import SUBSCRIBERS, TOPIC, Stage

CONSUMERS = 2
#: So long something stays away after its death, and so long nothing happens between two faults, in seconds.
AWAY = (0.2, 2.0)
CALM = (1.0, 4.0)
#: The deliveries of a wide event are written by consumers, in two chunks.
WIDE_TOPIC, WIDE_SUBSCRIBERS = "faults.wide", 1_100
#: One subscriber for each mood: part of the requests fail, and must be repeated or given up.
MOODY_TOPIC = "faults.moody"
#: How many subscribers each topic has, and of how many events one is published to those beside the usual one.
MATCHED = {TOPIC: SUBSCRIBERS, WIDE_TOPIC: WIDE_SUBSCRIBERS, MOODY_TOPIC: len(MoodyReceiver.MOODS)}
ONE_IN = {WIDE_TOPIC: 1_000, MOODY_TOPIC: 100}


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
        books, url = self.stage.books, self.stage.receiver.url
        books.subscribe_many(WIDE_TOPIC, f"{url}/wide/", WIDE_SUBSCRIBERS)
        for mood in MoodyReceiver.MOODS:
            books.subscribe(MOODY_TOPIC, f"{url}/{mood}/:number")
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
