"""Subscribers by the thousand, in plain SQL: the database's defaults fill in the rest. And their end."""

import base64
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import NamedTuple

import psycopg

INSERT = "INSERT INTO subscriber (topic, filter_expression, target_url, secret) VALUES (?, ?, ?, ?)"
COPY = "COPY subscriber (topic, filter_expression, target_url, secret) FROM STDIN"
#: Signs every request (Standard Webhooks).
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
#: The hub's own statements wait as long for a lock.
LOCK_SECONDS = 60

CLEAR = (
    "UPDATE subscriber SET deleted_at = CURRENT_TIMESTAMP WHERE deleted_at IS NULL AND topic <> 'warm-up'",
    "UPDATE event SET fan_out = 'done', matched = COALESCE(matched, 0) WHERE fan_out = 'pending'",
    "UPDATE delivery SET state = 'cancelled', reason = 'operator', settled_at = CURRENT_TIMESTAMP, owner = NULL, "
    "lease_until = NULL WHERE state IN ('pending', 'claimed', 'held')",
)


class NewSubscriber(NamedTuple):
    topic: str
    filter_expression: str
    target_url: str


def insert(environment: Mapping[str, str], subscribers: Iterable[NewSubscriber]) -> None:
    """Stores the subscribers in the database that the hub's environment names. The hub must be told to refresh."""
    if "DATABASE_URL" in environment:
        with psycopg.connect(environment["DATABASE_URL"]) as connection, connection.cursor().copy(COPY) as copy:
            for subscriber in subscribers:
                copy.write_row((*subscriber, SECRET))
    else:
        with closing(_open_sqlite(environment)) as database, database:
            database.executemany(INSERT, ((*subscriber, SECRET) for subscriber in subscribers))


def clear(environment: Mapping[str, str]) -> None:
    """Deletes all subscribers but the one of the warm-up, and cancels what waits. The hub must be told to refresh."""
    if "DATABASE_URL" in environment:
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            for statement in CLEAR:
                connection.execute(statement)
    else:
        with closing(_open_sqlite(environment)) as database, database:
            for statement in CLEAR:
                database.execute(statement)


def _open_sqlite(environment: Mapping[str, str]) -> sqlite3.Connection:
    return sqlite3.connect(environment["SWITCH_DB_NAME"], timeout=LOCK_SECONDS)
