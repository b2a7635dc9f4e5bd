"""How the database carries out what a function asks of it: the plan of each statement, and how many rows it visits."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

#: The tables that grow.
LEDGER = ("event", "delivery", "attempt")
#: SQLite's words for it. A scan of an index may be bounded by what a partial one holds: the count of rows tells.
WHOLE_TABLES = [f"SCAN {table}" for table in LEDGER]
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
#: Instructions of SQLite's virtual machine between two ticks of its progress handler.
TICK = 100


@dataclass
class Work:
    """What a function made the database do. `scans` are statements that read one of the ledger's tables as a whole.

    `visited` counts rows of these tables on Postgres, and instructions on SQLite, which tells nothing else.
    """

    statements: int = 0
    scans: list[str] = field(default_factory=list)
    visited: int = 0


def work_of(function: Callable[[], object]) -> Work:
    """Runs the function, explains each of its statements as it comes, and takes all back that it wrote."""
    work = Work()
    with transaction.atomic(), _instructions_counted(work), connection.execute_wrapper(_Explainer(work)):
        function()
        transaction.set_rollback(True)
    return work


class _Explainer:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._is_busy = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not self._is_busy and sql.lstrip().startswith(EXPLAINED):
            self._is_busy = True
            self._work.statements += 1
            explain = _explain_postgres if connection.vendor == "postgresql" else _explain_sqlite
            explain(self._work, sql, params[0] if many else params)
            self._is_busy = False
        return execute(sql, params, many, context)


def _explain_sqlite(work: Work, sql: str, params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        for *_, detail in cursor.fetchall():
            if detail in WHOLE_TABLES and not _is_cut(sql):
                work.scans.append(f"{detail}: {sql}")


def _is_cut(sql: str) -> bool:
    """Whether it takes the first rows that come, in the order of the table itself."""
    return "LIMIT" in sql and "WHERE" not in sql


def _explain_postgres(work: Work, sql: str, params: Any) -> None:
    """Carries each of its statements out to count the rows, and takes it back."""
    given = list(params or ())
    for statement in sql.split("; "):
        count = statement.count("%s")
        _explain_one(work, statement, given[:count])
        del given[:count]
    assert not given, "the values are not where the statements are taken apart"


def _explain_one(work: Work, sql: str, params: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT explained")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        [[plans]] = cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT explained")
    for node in _nodes((plans if isinstance(plans, list) else json.loads(plans))[0]["Plan"]):
        if node.get("Relation Name") not in LEDGER or "Scan" not in node["Node Type"]:
            continue
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        work.visited += int((node["Actual Rows"] + removed) * node["Actual Loops"])
        if node["Node Type"] == "Seq Scan" and not _is_cut(sql):
            work.scans.append(f"{node}: {sql}")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


@contextmanager
def _instructions_counted(work: Work) -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return

    def tick() -> int:
        work.visited += TICK
        return 0

    connection.connection.set_progress_handler(tick, TICK)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)
