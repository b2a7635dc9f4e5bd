"""Publishers that keep a steady rate and do not give up: each batch is repeated with its key until it is accepted."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Self

from tests.faults.stage import Stage

BATCH = 25
CLIENTS = 4


class Load:
    """`events_per_second` in batches from several clients.

    What an outage delays is made up for: in the end as many events are accepted as were due by the schedule.
    `one_in` names topics beside the usual one, and of how many events one is published there.
    """

    def __init__(self, stage: Stage, events_per_second: int, one_in: Mapping[str, int] | None = None) -> None:
        self.stage = stage
        self.one_in = one_in or {}
        self.pause_seconds = BATCH * CLIENTS / events_per_second
        #: Each accepted event, and how many subscribers it matched; None where consumers were to find that out.
        self.accepted: dict[str, int | None] = {}
        #: What came instead of 202: status, or 0 for a connection that was refused or cut.
        self.refused: Counter[int] = Counter()
        self.repeated = 0  # events that a retry found stored, though their first answer was lost
        self.seconds = 0.0
        self._batches = 0  # that are due from each client
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._publish_steadily, args=(name,)) for name in range(CLIENTS)]

    @property
    def due(self) -> int:
        """How many events the schedule had for the time that the load was kept up."""
        return self._batches * CLIENTS * BATCH

    def __enter__(self) -> Self:
        self._started_at = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.seconds = time.monotonic() - self._started_at
        self._batches = int(self.seconds / self.pause_seconds) + 1
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()

    def _publish_steadily(self, client: int) -> None:
        for number in itertools.count():
            due_at = self._started_at + number * self.pause_seconds
            if self._stop.wait(max(0.0, due_at - time.monotonic())) and number >= self._batches:
                return
            self._publish(client, number)

    def _publish(self, client: int, number: int) -> None:
        key = f"{client}-{number}"
        batch = [self.stage.event(place) for place in range(BATCH)]
        for place, (topic, one_in) in enumerate(self.one_in.items()):
            turn, rest = divmod((client + number * CLIENTS) * BATCH, one_in)
            if rest == 0:
                batch[place] = self.stage.event(turn, topic)
        while (answer := self.stage.try_publish(batch, key))[0] != 202:
            with self._lock:
                self.refused[answer[0]] += 1
            time.sleep(0.1)
        with self._lock:
            self.accepted |= {result["id"]: result["matched"] for result in answer[1]["results"]}
            self.repeated += sum(result["duplicate"] for result in answer[1]["results"])
