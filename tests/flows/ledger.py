"""A hub's database, seen and changed from outside by plain SQL, as an operator may."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.servers.hub import HubServer

WAIT_SECONDS = 20.0


class Ledger:
    def __init__(self, hub: HubServer) -> None:
        self.path = hub.env["SWITCH_DB_NAME"]
        self.postgres = hub.env.get("DATABASE_URL", "")

    def run(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Runs one statement, with ? for each value, in a transaction of its own; returns the rows it gives."""
        if self.postgres:
            return self._run_on_postgres(statement, values)
        with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def _run_on_postgres(self, statement: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        written = statement.replace(" IS ?", " IS NOT DISTINCT FROM ?").replace("?", "%s")
        with psycopg.connect(self.postgres, row_factory=dict_row) as connection:
            cursor = connection.execute(written, values)
            return cursor.fetchall() if cursor.description else []

    def subscribe(self, topic: str, url: str, filter_expression: str = "", **fields: Any) -> int:
        given = {"topic": topic, "filter_expression": filter_expression, "target_url": url, **fields}
        marks = ", ".join("?" * len(given))
        statement = f"INSERT INTO subscriber ({', '.join(given)}) VALUES ({marks}) RETURNING id"  # noqa: S608
        return int(self.run(statement, *given.values())[0]["id"])

    def subscriber(self, subscriber_id: int) -> dict[str, Any]:
        [found] = self.run("SELECT * FROM subscriber WHERE id = ?", subscriber_id)
        return found

    def wait_until_paused(self, subscriber_id: int) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while self.subscriber(subscriber_id)["state"] != "paused":
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def deliveries(self, topic: str) -> list[dict[str, Any]]:
        """Those of the topic's events, with their ids as everywhere else."""
        statement = "SELECT delivery.* FROM delivery JOIN event ON event.id = event_id WHERE topic = ?"
        return [{**row, "id": str(UUID(str(row["id"])))} for row in self.run(statement, topic)]

    def wait_for(self, topic: str, count: int = 1, act: Callable[[], object] = int, **fields: Any) -> dict[str, Any]:
        """One of the deliveries once `count` of the topic have these fields; fails if that does not come.

        `act` is done before each look.
        """
        wanted = " AND ".join(("topic = ?", *(f"delivery.{name} IS ?" for name in fields)))
        joined = "FROM delivery JOIN event ON event.id = event_id WHERE"
        statement = f"SELECT delivery.*, count(*) OVER () AS rows {joined} {wanted} LIMIT 1"
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            act()
            for row in self.run(statement, topic, *fields.values()):
                if row.pop("rows") >= count:
                    return {**row, "id": str(UUID(str(row["id"])))}
            if time.monotonic() > deadline:
                states = f"SELECT state, reason, attempts, count(*) AS rows {joined} topic = ? GROUP BY 1, 2, 3"
                raise AssertionError(f"{count} with {fields} did not come, but {self.run(states, topic)}")
            time.sleep(0.05)
