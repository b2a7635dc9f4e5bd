"""A hub's database seen from outside, on SQLite and on Postgres: what was accepted, and what became of it."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from tests.servers.hub import HubServer

#: Every moment in the ledger, moved back: what the clock does while nobody looks.
MOMENTS = {
    "delivery": ("created_at", "due_at", "queued_at", "lease_until"),
    "event": ("received_at", "fan_out_queued_at"),
    "consumer": ("beat_at", "progressed_at"),
    "lease": ("until",),
}

UNSETTLED = "settled_at IS NULL"


def as_sent(delivery_id: object) -> bytes:
    return str(UUID(str(delivery_id))).encode()


class Told(NamedTuple):
    """What the ledger tells of a delivery; `id` is as it arrives at a receiver."""

    id: bytes
    state: str
    reason: str
    lost_claims: int


class Books:
    def __init__(self, hub: HubServer) -> None:
        self.url = hub.env.get("DATABASE_URL", "")
        self.path = hub.env["SWITCH_DB_NAME"]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Runs one statement in a transaction of its own; returns the rows it gives."""
        if self.url:
            with psycopg.connect(self.url, connect_timeout=5) as server:
                cursor = server.execute(statement)  # type: ignore[arg-type] # no literal
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.path, timeout=20)) as file, file:
            return file.execute(statement).fetchall()

    def count(self, condition: str, table: str = "delivery") -> int:
        return int(self.rows(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])  # noqa: S608

    def subscribe(self, topic: str, url: str) -> None:
        self.rows(f"INSERT INTO subscriber (topic, filter_expression, target_url) VALUES ('{topic}', '', '{url}')")  # noqa: S608

    def subscribe_many(self, topic: str, url: str, count: int) -> None:
        self.rows(
            "INSERT INTO subscriber (topic, filter_expression, target_url) "  # noqa: S608
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < "
            f"{count}) SELECT '{topic}', '', '{url}' || n FROM number"
        )

    def waiting(self) -> int:
        """Deliveries that are not settled, and events whose deliveries are not all written."""
        return self.count(UNSETTLED) + self.count("fan_out = 'pending'", "event")

    def wait_until_settled(self, timeout_seconds: float = 60.0, condition: str = UNSETTLED) -> None:
        """Fails if deliveries for which the condition holds are left then, or events whose deliveries are to come."""
        deadline = time.monotonic() + timeout_seconds
        while left := self.count(condition) + self.count("fan_out = 'pending'", "event"):
            shown = self.rows(
                "SELECT state, reason, owner, queued_at, due_at, failures, last_error FROM delivery "  # noqa: S608
                f"WHERE {condition} LIMIT 5"
            )
            assert time.monotonic() < deadline, f"{left} are not settled: {shown}"
            time.sleep(0.1)

    def wait_for(self, condition: str, count: int, table: str = "delivery", timeout_seconds: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_seconds
        while (found := self.count(condition, table)) != count:
            assert time.monotonic() < deadline, f"{found} instead of {count}: {condition}"
            time.sleep(0.1)

    def pass_time(self, seconds: int = 120) -> None:
        """As if it were later by so much: leases end, heartbeats are stale, graces are over."""
        for table, columns in MOMENTS.items():
            earlier = ", ".join(f"{column} = {self._earlier(column, seconds)}" for column in columns)
            self.rows(f"UPDATE {table} SET {earlier}")  # noqa: S608

    def _earlier(self, column: str, seconds: int) -> str:
        if self.url:
            return f"{column} - interval '{seconds} seconds'"
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{seconds} seconds')"

    def deliveries(self, topic: str) -> list[Told]:
        """What the ledger tells of the deliveries of the topic's events."""
        rows = self.rows(
            "SELECT delivery.id, delivery.state, delivery.reason, lost_claims FROM delivery "  # noqa: S608
            f"JOIN event ON event.id = delivery.event_id WHERE topic = '{topic}'"
        )
        return [Told(as_sent(id), *row) for id, *row in rows]

    def lost_claims(self) -> Counter[bytes]:
        """How many claims of each delivery were lost by death, by the delivery's id as it arrives at a receiver."""
        return Counter({as_sent(id): count for id, count in self.rows("SELECT id, lost_claims FROM delivery") if count})

    def settled(self) -> set[bytes]:
        return {as_sent(id) for (id,) in self.rows("SELECT id FROM delivery WHERE settled_at IS NOT NULL")}

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT state, count(*) FROM delivery GROUP BY state"))  # type: ignore[arg-type]
