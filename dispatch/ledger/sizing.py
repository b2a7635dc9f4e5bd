"""Counts settled deliveries with a bound on the rows that are looked at, whatever the planner thinks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from dispatch.ledger.dialect import placeholders, to_database
from dispatch.outcomes import UNSENT

Parameter = str | int | UUID | datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL over the columns of `delivery`, and its parameters."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


def one_of(column: str, given: Sequence[Parameter]) -> Condition:
    return Condition(f"{column} IN ({placeholders(len(given))})", tuple(given))


def on_topic(topic: str) -> Condition:
    """By a look at the event of each row: a join might begin with all events of the topic."""
    return Condition("(SELECT topic FROM event WHERE event.id = event_id) = %s", (topic,))


def with_error(kind: str) -> Condition:
    """Whose last attempt ended without an answer, by an error of this kind, or was none, if it is UNSENT; for rows that
    are called `rows`."""
    newest = "SELECT error_kind FROM attempt WHERE attempt.delivery_id = rows.id AND attempt.number = rows.attempts"
    return Condition(f"last_status IS NULL AND COALESCE(NULLIF(({newest} LIMIT 1), ''), '{UNSENT}') = %s", (kind,))


def without_replay(states: Sequence[str]) -> Condition:
    """Of whose first delivery no replay is in one of these states; for rows that are called `rows`.

    By a look at the replays of each row: a join might begin with all deliveries in those states.
    """
    again = "SELECT 1 FROM delivery AS again WHERE again.replay_of_id = COALESCE(rows.replay_of_id, rows.id)"
    return Condition(f"({again} AND again.state IN ({placeholders(len(states))}) LIMIT 1) IS NULL", tuple(states))


def of_existing_subscribers() -> Condition:
    """For rows that are called `rows`."""
    return Condition("(SELECT deleted_at FROM subscriber WHERE subscriber.id = rows.subscriber_id) IS NULL")


def of_topic(topic: str, limit: int) -> Condition:
    """Those of so many events on the topic, at most."""
    return Condition("event_id IN (SELECT id FROM event WHERE topic = %s LIMIT %s)", (topic, limit))


def count_rows(way: Sequence[Condition], limit: int) -> int:
    """How many rows a way leads through, up to `limit`."""
    sql, parameters = _where(way)
    [rows] = _ask(f"SELECT count(*) FROM (SELECT 1 FROM delivery WHERE {sql} LIMIT %s) AS rows", [*parameters, limit])
    return rows


def count_wanted(way: Sequence[Condition], wanted: Sequence[Condition], looked_at: int, limit: int) -> int:
    """How many of the first `looked_at` rows of a way are wanted, up to `limit`."""
    return count_firsts(way, wanted, looked_at, limit)[0]


def count_firsts(way: Sequence[Condition], wanted: Sequence[Condition], looked_at: int, limit: int) -> tuple[int, int]:
    """The same, and how many first deliveries those rows have: a delivery and its replays have one."""
    way_sql, way_parameters = _where(way)
    wanted_sql, wanted_parameters = _where(wanted)
    rows, firsts = _ask(
        # The inner limit keeps the outer conditions from choosing another way.
        "SELECT count(*), count(DISTINCT first_id) FROM (SELECT COALESCE(rows.replay_of_id, rows.id) AS first_id "
        f"FROM (SELECT * FROM delivery WHERE {way_sql} LIMIT %s) AS rows WHERE {wanted_sql} LIMIT %s) AS wanted",
        [*way_parameters, looked_at, *wanted_parameters, limit],
    )
    return rows, firsts


def _where(conditions: Sequence[Condition]) -> tuple[str, list[Parameter]]:
    parameters = [parameter for condition in conditions for parameter in condition.parameters]
    return " AND ".join(condition.sql for condition in conditions), parameters


def _ask(statement: str, parameters: Sequence[Parameter]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(map(to_database, parameters)))
        return tuple(map(int, cursor.fetchone()))
