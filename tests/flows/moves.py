"""Both hubs at one broker, publishers with the old client of PyPI and a stand-in for npm's, a receiver that counts."""

import json
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Self

from dispatch.queues.faktory.connection import FaktoryConnection
from tests.flows.ledger import WAIT_SECONDS, Ledger
from tests.flows.original import OriginalConsumer, OriginalServer
from tests.flows.receiver import Answer, Received, Receiver
from tests.interop.old_clients import install_switcher, publish_by_javascript, publish_by_python
from tests.servers.faktory import FaktoryServer
from tests.servers.hub import SECRET, HubServer
from tests.subscribers.originals import DELETED, write_originals

QUEUE = "moving"
BRING_FORWARD = 'MUTATE {"cmd":"requeue","target":"retries","filter":{"jobtype":"pubsub"}}'


class Move:
    """Events are numbered as they are published; those in `failing` are answered 500."""

    def __init__(self, broker: FaktoryServer, directory: Path, **env: str) -> None:
        self.broker, self.directory = broker, directory
        self.published = 0
        self.failing: set[int] = set()
        self.arrived: list[int] = []
        self.switcher = install_switcher()
        self.receiver = Receiver(self._answer)
        self.database = directory / "original.db"
        self.original = OriginalServer(self.database, broker.url, QUEUE, SECRET)
        self.hub = HubServer({"FAKTORY_URL": broker.url, "SWITCH_PRODUCTION_QUEUE": QUEUE, **env})
        self.ledger = Ledger(self.hub)

    def _answer(self, request: Received) -> Answer:
        number = request.json["number"]
        if number in self.failing:
            return Answer(500)
        self.arrived.append(number if request.path == "/orders" else -number)
        return Answer()

    def publish_by_python(self, url: str) -> int:
        done = publish_by_python(self.switcher, url, SECRET, "orders", self._next())
        assert done.stdout.strip() == "True", done.stderr
        return self.published

    def publish_by_javascript(self, url: str) -> int:
        done = publish_by_javascript(url, SECRET, "orders", self._next())
        assert done.returncode == 0, done.stderr
        return self.published

    def _next(self) -> dict[str, object]:
        self.published += 1
        return {"body": {"number": self.published}, "http_method": "post"}

    def wait_for(self, numbers: Iterable[int]) -> None:
        wanted = set(numbers)
        self.receiver.wait_until(lambda: wanted <= set(self.arrived), WAIT_SECONDS)

    def wait_for_failure(self, number: int) -> None:
        self.receiver.wait_until(lambda: any(each.json["number"] == number for each in self.receiver.requests))

    def wait_for_retry(self) -> None:
        """Until the broker has the job among its retries."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._tasks()["Retries"]["size"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def bring_forward(self) -> None:
        """What "retry now" in the broker's pages does to all that failed."""
        self._ask(BRING_FORWARD)

    def old_consumer(self) -> OriginalConsumer:
        return OriginalConsumer(self.broker.url, QUEUE, self.directory / "old-consumer.log")

    def _tasks(self) -> dict[str, dict[str, int]]:
        tasks: dict[str, dict[str, int]] = json.loads(self._ask("INFO"))["faktory"]["tasks"]
        return tasks

    def _ask(self, command: str) -> str:
        with closing(FaktoryConnection(self.broker.url)) as connection:
            return str(connection.ask(command))

    def __enter__(self) -> Self:
        self.receiver.__enter__()
        url = self.receiver.url
        write_originals(
            self.database,
            ("orders", 'data["body"]["number"] > 0', f"{url}/orders", None),
            ("orders", 'data["body"]["number"] < 0', f"{url}/never", None),
            ("orders", "", f"{url}/gone", DELETED),
        )
        self.original.__enter__()
        self.hub.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.hub.__exit__()
        self.original.__exit__()
        self.receiver.__exit__()
