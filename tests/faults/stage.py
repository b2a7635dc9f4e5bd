"""A hub with servers of its own, which may be killed; a receiver; and publishers that do not give up."""

import http.client
import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.faults.books import Books
from tests.faults.moody import MoodyReceiver
from tests.faults.points import Point
from tests.servers.faktory import FaktoryServer
from tests.servers.fixtures import missing
from tests.servers.hub import PROJECT, HubServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import START_SECONDS, ServiceMissingError

TOPIC = "faults"
SUBSCRIBERS = 2


class Stage:
    """`layout` is one of tests.flows.layouts.LAYOUTS."""

    def __init__(self, layout: str, **env: str) -> None:
        self._stack = ExitStack()
        self.layout = layout
        database, queue = layout.split("-")
        try:
            self.postgres = PostgresServer() if database == "postgres" else None
            self.faktory = FaktoryServer() if queue == "faktory" else None
        except ServiceMissingError as error:
            missing(error)
        self.env = env
        self.receiver = MoodyReceiver()

    def __enter__(self) -> Self:
        for server in (self.postgres, self.faktory):
            if server:
                self._stack.enter_context(server)
        if self.postgres:
            self.env["DATABASE_URL"] = self.postgres.url
        if self.faktory:
            self.env["FAKTORY_URL"] = self.faktory.url
        self._stack.enter_context(self.receiver)
        self.hub = self._stack.enter_context(HubServer(self.env))
        self.books = Books(self.hub)
        self.books.subscribe_many(TOPIC, f"{self.receiver.url}/", SUBSCRIBERS)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def mortal(self, role: str) -> dict[str, str]:
        """The environment of a process that obeys the orders for `role`: web or consumer."""
        paths = [str(PROJECT / "tests" / "faults" / "dying"), str(PROJECT)]
        return {"PYTHONPATH": os.pathsep.join(paths), "DIE_ORDER": str(self._order(role))}

    def order_death(self, role: str, point: Point, victims: str = "") -> None:
        """The first mortal process of that role that comes to the point dies there, or kills those in `victims`."""
        places = {
            "postgres": lambda: self.postgres and self.postgres.data,
            "faktory": lambda: self.faktory and self.faktory.group,
            "consumer": lambda: self.hub.consumers[0].pid,
        }
        order = self._order(role)
        order.with_suffix(".obeyed").unlink(missing_ok=True)
        draft = order.with_suffix(".draft")
        draft.write_text("\n".join([point, *(str(places[victim]()) for victim in victims.split())]))
        draft.rename(order)

    def forget_orders(self) -> None:
        for role in ("web", "consumer"):
            self._order(role).unlink(missing_ok=True)

    def wait_for_death(self, role: str, timeout_seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not self._order(role).with_suffix(".obeyed").exists():
            assert time.monotonic() < deadline, f"nobody came to that point\n{self.log_tail()}"
            time.sleep(0.02)

    def _order(self, role: str) -> Path:
        return self.hub.directory / f"order-{role}"

    @property
    def servers(self) -> dict[str, PostgresServer | FaktoryServer]:
        return {name: server for name, server in (("postgres", self.postgres), ("faktory", self.faktory)) if server}

    def restart(self, victims: str) -> None:
        for name, server in self.servers.items():
            if name in victims.split():
                server.kill()
                server.start()

    def log_tail(self) -> str:
        return self.hub.log.read_text(errors="replace")[-3000:]

    def publish(self, body: Any, key: str, timeout_seconds: float = 60.0) -> dict[str, Any]:
        """The answer to a publish that is repeated with the same key until it is accepted."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            status, answer = self.try_publish(body, key)
            if status == 202:
                return answer
            assert status in (0, 503), answer
            assert time.monotonic() < deadline, f"not accepted: {status} {answer}\n{self.log_tail()}"
            time.sleep(0.2)

    def try_publish(self, body: Any, key: str | None = None) -> tuple[int, Any]:
        """Status and answer of one publish; 0 if the connection was refused or cut."""
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.hub.token()}"} | ({"Idempotency-Key": key} if key else {})
        try:
            connection.request("POST", "/publish", json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error)
        finally:
            connection.close()

    def event(self, number: int, topic: str = TOPIC) -> dict[str, Any]:
        return {"topic": topic, "data": {"body": {"number": number}, "path_params": {"number": number}}}

    def start_consumer(self, **more: str) -> subprocess.Popen[bytes]:
        """One that is up: before that, a SIGTERM would end it without its being asked."""
        process = self.hub.start_consumer(**more)
        deadline = time.monotonic() + START_SECONDS
        while not self.books.count(f"process_id = {process.pid}", "consumer"):
            assert time.monotonic() < deadline, self.log_tail()
            time.sleep(0.05)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        self.bury(process)

    def bury(self, process: subprocess.Popen[bytes]) -> None:
        """Of a consumer that was killed."""
        assert process.wait(15) == -signal.SIGKILL
        self.hub.consumers.remove(process)
