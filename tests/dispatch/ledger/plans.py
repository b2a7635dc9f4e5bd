"""How a database means to carry out a statement: whether it would read a long table through."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from dispatch.ledger.dialect import is_postgres

#: The tables that may be long.
LONG = re.compile(r"\b(event|delivery|attempt|attempt_counter|event_counter|delay_counter)\b")


def explained(statement: str, parameters: Any) -> Iterator[str]:
    """The plan, step by step: the name of the step, and the table that it reads.

    Postgres reads tables as short as a test's through even where it need not, so it is told to avoid that: what then
    still reads one through has no index that it could use.
    """
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            found = cursor.fetchone()[0]
            yield from _nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            yield from (row[3] for row in cursor.fetchall())


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    yield f"{plan['Node Type']} on {plan.get('Relation Name', '-')}"
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def is_read_through(step: str) -> bool:
    """Postgres reads a table through by a `Seq Scan on event`, SQLite by a `SCAN event`, with or without an index."""
    return step.startswith(("Seq Scan", "SCAN")) and bool(LONG.search(step))


@contextmanager
def noted_statements() -> Iterator[list[tuple[str, Any]]]:
    """Collects the SELECT and DELETE statements that are carried out inside, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(execute: Any, statement: str, parameters: Any, *rest: Any) -> Any:
        if statement.lstrip().startswith(("SELECT", "DELETE")):
            seen.append((statement, parameters))
        return execute(statement, parameters, *rest)

    with connection.execute_wrapper(note):
        yield seen
