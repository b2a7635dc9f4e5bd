"""The management API while its database does not answer: callers are told to come back, on either database."""

import http.client
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from typing import Any

import pytest

from tests.servers.fixtures import missing
from tests.servers.hub import HubServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ServiceMissingError

pytestmark = pytest.mark.timeout(180)

SUBSCRIBERS = "/api/v1/subscribers"
NEW = {"topic": "orders", "target_url": "http://billing:8000/"}


class Caller:
    """Calls a hub's API with a key that may do everything."""

    def __init__(self, hub: HubServer) -> None:
        self.hub = hub
        made = hub.manage("api_key", "deployer", "--scope", "subscribers:read", "--scope", "subscribers:write")
        self.key = made.stdout.split()[-1]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Message, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=30)) as connection:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read())

    def assert_told_to_come_back(self, method: str, path: str, body: Any = None) -> None:
        status, headers, problem = self.ask(method, path, body)
        assert (status, headers["Content-Type"]) == (503, "application/problem+json"), problem
        assert int(headers["Retry-After"]) > 0
        assert problem["detail"] == "The database does not answer."


@contextmanager
def calling(**env: str) -> Iterator[Caller]:
    with HubServer(env) as hub:
        caller = Caller(hub)
        hub.start_web()
        assert caller.ask("POST", SUBSCRIBERS, NEW)[0] == 201
        yield caller


@pytest.mark.postgres
def test_while_postgres_is_away() -> None:
    try:
        postgres = PostgresServer()
    except ServiceMissingError as error:
        missing(error)
    with postgres, calling(DATABASE_URL=postgres.url) as caller:
        postgres.kill()
        caller.assert_told_to_come_back("GET", SUBSCRIBERS)
        caller.assert_told_to_come_back("POST", SUBSCRIBERS, NEW)
        postgres.start()
        deadline = time.monotonic() + 20
        while (status := caller.ask("GET", SUBSCRIBERS)[0]) != 200:
            assert status == 503
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_while_sqlite_is_locked() -> None:
    with calling() as caller, closing(sqlite3.connect(caller.hub.env["SWITCH_DB_NAME"], isolation_level=None)) as other:
        # That a key was used is noted once a minute, and this minute shall be one.
        other.execute("UPDATE api_key SET last_used_at = NULL")
        other.execute("BEGIN IMMEDIATE")
        caller.assert_told_to_come_back("POST", SUBSCRIBERS, NEW)
        assert caller.ask("GET", SUBSCRIBERS)[0] == 200, "who only reads waits for nobody"
        other.execute("ROLLBACK")
        assert caller.ask("POST", SUBSCRIBERS, NEW)[0] == 201
        assert other.execute("SELECT last_used_at FROM api_key").fetchone() != (None,)
