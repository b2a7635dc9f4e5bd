"""Subscribers by the thousand, in one statement of plain SQL: the database's defaults fill in the rest."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

import psycopg

INSERT = "INSERT INTO subscriber (topic, filter_expression, target_url) VALUES "


class NewSubscriber(NamedTuple):
    topic: str
    filter_expression: str
    target_url: str


def insert(environment: Mapping[str, str], subscribers: Sequence[NewSubscriber]) -> None:
    """Stores the subscribers in the database that the hub's environment names. The hub must be told to refresh."""
    if "DATABASE_URL" in environment:
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            connection.cursor().executemany(f"{INSERT} (%s, %s, %s)", subscribers)
    else:
        with closing(sqlite3.connect(environment["SWITCH_DB_NAME"])) as database, database:
            database.executemany(f"{INSERT} (?, ?, ?)", subscribers)
