"""A hub on SQLite with a consumer and a receiver, which many tests share: each has its own topic and path."""

import json
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from dispatch.queues.faktory.connection import FaktoryConnection
from tests.flows.ledger import Ledger
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer

Reply = Callable[[int], Answer]


class Station:
    """`replies` tells, by path, how the receiver answers: given the number of requests that the path had before."""

    def __init__(self, env: dict[str, str]) -> None:
        self.hub = HubServer(env)
        self.faktory_url = env.get("FAKTORY_URL", "")
        self.queue = env.get("SWITCH_PRODUCTION_QUEUE", "")
        self.replies: dict[str, Reply] = {}
        self.receiver = Receiver(self._answer)
        self.ledger = Ledger(self.hub)

    def _answer(self, request: Received) -> Answer:
        path = urlsplit(request.path).path
        reply = self.replies.get(path)
        return reply(len(self.requests(path))) if reply else Answer()

    def requests(self, path: str) -> list[Received]:
        return [request for request in list(self.receiver.requests) if urlsplit(request.path).path == path]

    def first_request(self, path: str) -> Received:
        """The first request to the path, once it has come."""
        self.receiver.wait_until(lambda: bool(self.requests(path)))
        return self.requests(path)[0]

    def subscribe(self, topic: str, reply: Reply | None = None, **fields: Any) -> int:
        """A subscriber whose path is the topic's name."""
        if reply:
            self.replies[f"/{topic}"] = reply
        return self.ledger.subscribe(topic, f"{self.receiver.url}/{topic}", **fields)

    def publish(self, topic: str, **data: Any) -> None:
        status, answer = publish(self.hub, {"topic": topic, "data": {"body": {"total": 150}, **data}})
        assert status == 202, answer

    def bring_forward(self, delivery_id: str, target: str = "retries") -> None:
        """What an operator does in the broker's pages, and what time does in the ledger."""
        self.ledger.run(
            "UPDATE delivery SET due_at = '2020-01-01 00:00:00' WHERE id = ? AND state = 'pending'",
            delivery_id.replace("-", ""),
        )
        if self.faktory_url:
            self.requeue(delivery_id, target)

    def requeue(self, job_id: str, target: str) -> None:
        wish = {"cmd": "requeue", "target": target, "filter": {"jids": [job_id]}}
        connection = FaktoryConnection(self.faktory_url)
        # Faktory wants a command without further blanks.
        connection.ask(f"MUTATE {json.dumps(wish, separators=(',', ':'))}")
        connection.close()

    @property
    def faktory_password(self) -> str:
        return unquote(urlsplit(self.faktory_url).password or "")

    def __enter__(self) -> Self:
        self.receiver.__enter__()
        self.hub.__enter__()
        self.hub.start_web()
        self.hub.start_consumer()
        return self

    def __exit__(self, *exception: object) -> None:
        self.hub.__exit__()
        self.receiver.__exit__()
