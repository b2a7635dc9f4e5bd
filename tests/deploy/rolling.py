"""Finds migrations after which the version before would fail, or be locked out: it works on until it is replaced.

`python -m tests.deploy.rolling`, a part of `make lint`. What an upgrade promises is in docs/operating.md.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping

import django
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

from dispatch.migrating import AddIndexConcurrently

#: The newest migration of each app when the check came: what is younger is judged.
NOT_JUDGED = {"subscribers": "0004", "dispatch": "0004", "switchsite": ""}
#: Migrations, as `app.name`, that may break a rule, and why: the version before no longer uses the column, say.
ALLOWED: dict[str, str] = {}
#: Tables that are large, and written all the time.
LEDGER = ("event", "delivery", "attempt")
GONE = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
SQL_GONE = re.compile(r"\bDROP\s+(COLUMN|TABLE)\b|\bRENAME\s+(COLUMN|TO)\b", re.I)
SQL_NOT_NULL = re.compile(r"\bSET\s+NOT\s+NULL\b|\bADD\s+COLUMN\b(?![^;,]*\bDEFAULT\b)[^;,]*\bNOT\s+NULL\b", re.I)
SQL_INDEX = re.compile(r"\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b)", re.I)

USED = "the version before still uses it"
NO_VALUE = "the version before writes rows without a value; give it a db_default, or null=True"
LOCKS = "it locks a table of the ledger while it is built; use dispatch.migrating.AddIndexConcurrently"

Field = models.Field  # type: ignore[type-arg]


def faults_after(not_judged: Mapping[str, str]) -> Iterator[str]:
    """A line for each fault of the migrations that are younger, in the order in which they run."""
    loader = MigrationLoader(None)
    for app, name in sorted(loader.disk_migrations):
        if app not in not_judged or name[:4] <= not_judged[app] or f"{app}.{name}" in ALLOWED:
            continue
        state = loader.project_state((app, name), at_end=False)
        for operation in loader.disk_migrations[app, name].operations:
            yield from (f"{app}.{name}: {operation.describe()}: {fault}" for fault in faults(operation, app, state))
            operation.state_forwards(app, state)


def faults(operation: Operation, app: str, state: ProjectState) -> list[str]:
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        return [fault for each in operation.database_operations for fault in faults(each, app, state)]
    return [fault for judge, fault in JUDGES if judge(operation, app, state)]


def _is_gone(operation: Operation, app: str, state: ProjectState) -> bool:
    if isinstance(operation, migrations.AlterField):
        return operation.field.db_column != _before(operation, app, state).db_column
    return isinstance(operation, GONE) or _says(operation, SQL_GONE)


def _lacks_value(operation: Operation, app: str, state: ProjectState) -> bool:
    if isinstance(operation, migrations.AddField):
        return _demands_value(operation.field)
    if isinstance(operation, migrations.AlterField):
        return _demands_value(operation.field) and not _demands_value(_before(operation, app, state))
    return _says(operation, SQL_NOT_NULL)


def _demands_value(field: Field) -> bool:
    """A plain `default` is Django's alone: the database does not know it."""
    return not field.many_to_many and not field.null and field.db_default is NOT_PROVIDED


def _locks_ledger(operation: Operation, app: str, state: ProjectState) -> bool:
    if app != "dispatch" or getattr(operation, "model_name_lower", "") not in LEDGER:
        return _says(operation, SQL_INDEX)
    if isinstance(operation, migrations.AlterField):
        return _is_indexed(operation.field) and not _is_indexed(_before(operation, app, state))
    if isinstance(operation, migrations.AddField):
        return _is_indexed(operation.field)
    if isinstance(operation, migrations.AddConstraint):
        return isinstance(operation.constraint, models.UniqueConstraint)
    return isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexConcurrently)


def _is_indexed(field: Field) -> bool:
    return field.db_index or field.unique


def _before(operation: migrations.AlterField, app: str, state: ProjectState) -> Field:
    return state.models[app, operation.model_name_lower].fields[operation.name]


def _says(operation: Operation, words: re.Pattern[str]) -> bool:
    return isinstance(operation, migrations.RunSQL) and bool(words.search(str(operation.sql)))


Judge = Callable[[Operation, str, ProjectState], bool]
JUDGES: tuple[tuple[Judge, str], ...] = ((_is_gone, USED), (_lacks_value, NO_VALUE), (_locks_ledger, LOCKS))


if __name__ == "__main__":
    django.setup()
    sys.exit("\n".join(faults_after(NOT_JUDGED)) or 0)
