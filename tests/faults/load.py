"""Publishers that keep a steady rate and do not give up: each batch is repeated with its key until it is accepted."""

import threading
import time
from collections import Counter
from typing import Self

from tests.faults.stage import WIDE_TOPIC, Stage

BATCH = 25
CLIENTS = 4
#: One event in so many goes to the wide topic, by a fan-out that consumers do.
WIDE_ONE_IN = 1_000


class Load:
    """`events_per_second` in batches from several clients; what an outage delays is made up for afterwards."""

    def __init__(self, stage: Stage, events_per_second: int, *, has_wide: bool = True) -> None:
        self.stage = stage
        self.has_wide = has_wide
        self.pause_seconds = BATCH * CLIENTS / events_per_second
        #: Each accepted event, and how many subscribers it matched; None where consumers were to find that out.
        self.accepted: dict[str, int | None] = {}
        #: What came instead of 202: status, or 0 for a connection that was refused or cut.
        self.refused: Counter[int] = Counter()
        self.repeated = 0  # events that a retry found stored, though their first answer was lost
        self.seconds = 0.0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._publish_steadily, args=(name,)) for name in range(CLIENTS)]

    def __enter__(self) -> Self:
        self._started_at = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()
        self.seconds = time.monotonic() - self._started_at

    def _publish_steadily(self, client: int) -> None:
        due, number = time.monotonic(), 0
        while not self._stop.is_set():
            self._publish(client, number)
            number += 1
            due += self.pause_seconds
            self._stop.wait(max(0.0, due - time.monotonic()))

    def _publish(self, client: int, number: int) -> None:
        key = f"{client}-{number}"
        batch = [self.stage.event(place) for place in range(BATCH)]
        if self.has_wide and (client + number * CLIENTS) % (WIDE_ONE_IN // BATCH) == 0:
            batch[0] = self.stage.event(0, WIDE_TOPIC)
        while (answer := self.stage.try_publish(batch, key))[0] != 202:
            with self._lock:
                self.refused[answer[0]] += 1
            time.sleep(0.1)
        with self._lock:
            self.accepted |= {result["id"]: result["matched"] for result in answer[1]["results"]}
            self.repeated += sum(result["duplicate"] for result in answer[1]["results"])
