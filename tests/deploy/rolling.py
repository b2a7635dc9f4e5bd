"""Finds migrations after which the version before would fail, or be locked out: it works on until it is replaced.

`python -m tests.deploy.rolling`, a part of `make lint`. What an upgrade promises is in docs/operating.md.
"""

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping

import django
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

from dispatch.migrating import AddIndexConcurrently

#: The newest migration of each app when the check came: what is younger is judged.
NOT_JUDGED = {"subscribers": "0004", "dispatch": "0004", "switchsite": ""}
#: Operations, as their line begins, that may break a rule, and why: the version before no longer uses the column, say.
ALLOWED = {
    "dispatch.0006_narrow_replays: Create constraint replay_statuses_in_order on model replay": (
        "the version before leaves both empty, which it takes"
    ),
    "dispatch.0006_narrow_replays: Create constraint replay_narrow_moves_its_own_cursor on model replay": (
        "it is meant to be in the way of the version before, which would send more than is asked for"
    ),
    "dispatch.0007_replay_keys: Create constraint replay_key on model replay": (
        "the version before leaves the key empty, and such rows are left out of it"
    ),
}
#: Tables that are large, and written all the time.
LEDGER = ("event", "delivery", "attempt")
GONE = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
#: Of what can be dropped, only that without which the version before works on. Postgres needs no word COLUMN.
SQL_GONE = re.compile(
    r"\bDROP\s+(?!(?:INDEX|CONSTRAINT|DEFAULT|NOT\s+NULL|EXPRESSION|IDENTITY|STATISTICS)\b)\S"
    r"|\bRENAME\s+(?!CONSTRAINT\b)\S",
    re.I,
)
SQL_TYPE = re.compile(r"\bALTER\s+TYPE\b|\bALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b", re.I)
SQL_CONSTRAINT = re.compile(r"\bUNIQUE\b|\bADD\s+(?:CONSTRAINT|CHECK|PRIMARY|FOREIGN|EXCLUDE)\b", re.I)
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
SQL_NEW_TABLE = re.compile(r"\s*CREATE\s+(?:TEMP(?:ORARY)?\s+)?TABLE\b", re.I)
SQL_NOT_NULL = re.compile(r"\bSET\s+NOT\s+NULL\b|\bADD\s+COLUMN\b(?![^;,]*\bDEFAULT\b)[^;,]*\bNOT\s+NULL\b", re.I)
SQL_INDEX = re.compile(r"\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b)", re.I)

USED = "the version before still uses it"
CHANGED = (
    "the version before reads and writes it as it was, and Postgres may write the whole table anew; add another column"
)
CONSTRAINED = "rows that are there, or that the version before writes, may break it; say in ALLOWED why none does"
NO_VALUE = "the version before writes rows without a value; give it a db_default, or null=True"
LOCKS = (
    "it locks a table of the ledger while it is built; for an index there is dispatch.migrating.AddIndexConcurrently"
)

Field = models.Field  # type: ignore[type-arg]


def faults_after(not_judged: Mapping[str, str], allowed: Collection[str] = ALLOWED) -> Iterator[str]:
    """A line for each fault of the migrations that are younger, in the order in which they run."""
    loader = MigrationLoader(None)
    for app, name in sorted(loader.disk_migrations):
        if app not in not_judged or name[:4] <= not_judged[app]:
            continue
        state = loader.project_state((app, name), at_end=False)
        known = {*state.models}
        for operation in loader.disk_migrations[app, name].operations:
            line = f"{app}.{name}: {operation.describe()}"
            if line not in allowed and _is_known(operation, app, known):
                yield from (f"{line}: {fault}" for fault in faults(operation, app, state))
            operation.state_forwards(app, state)


def faults(operation: Operation, app: str, state: ProjectState) -> list[str]:
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        return [fault for each in operation.database_operations for fault in faults(each, app, state)]
    return [fault for judge, fault in JUDGES if judge(operation, app, state)]


def _is_known(operation: Operation, app: str, known: Collection[tuple[str, str]]) -> bool:
    """Whether the version before knows the table: one that this migration makes may have whatever it likes."""
    model = getattr(operation, "model_name_lower", None) or getattr(operation, "name_lower", None)
    return model is None or (app, model) in known


def _is_gone(operation: Operation, app: str, state: ProjectState) -> bool:
    if isinstance(operation, migrations.AlterField):
        return operation.field.db_column != _before(operation, app, state).db_column
    return isinstance(operation, GONE) or _says(operation, SQL_GONE)


def _is_changed(operation: Operation, app: str, state: ProjectState) -> bool:
    if isinstance(operation, migrations.AlterField):
        return _form(operation.field) != _form(_before(operation, app, state))
    return _says(operation, SQL_TYPE)


def _form(field: Field) -> tuple[object, ...]:
    """What the column can hold."""
    said = field.deconstruct()[3]
    names = ("max_length", "max_digits", "decimal_places", "db_collation", "to")
    return field.get_internal_type(), *(said.get(name) for name in names)


def _is_constrained(operation: Operation, app: str, state: ProjectState) -> bool:
    if isinstance(operation, migrations.AddField):
        return operation.field.unique and not operation.field.null
    if isinstance(operation, migrations.AlterField):
        return operation.field.unique and not _before(operation, app, state).unique
    if isinstance(operation, migrations.AlterUniqueTogether):
        before = state.models[app, operation.name_lower].options.get("unique_together")
        return not {*(operation.option_value or ())} <= {*(before or ())}
    return isinstance(operation, migrations.AddConstraint) or any(
        SQL_CONSTRAINT.search(each) and not SQL_NEW_TABLE.match(each) for each in _statements(operation)
    )


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
    if isinstance(operation, migrations.AddConstraint):  # a check reads the whole table meanwhile
        return True
    return isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexConcurrently)


def _is_indexed(field: Field) -> bool:
    return field.db_index or field.unique


def _before(operation: migrations.AlterField, app: str, state: ProjectState) -> Field:
    return state.models[app, operation.model_name_lower].fields[operation.name]


def _says(operation: Operation, words: re.Pattern[str]) -> bool:
    return any(words.search(each) for each in _statements(operation))


def _statements(operation: Operation) -> Iterator[str]:
    """Of SQL, without its comments."""
    if not isinstance(operation, migrations.RunSQL):
        return
    for each in [operation.sql] if isinstance(operation.sql, str) else operation.sql:
        yield from SQL_COMMENT.sub(" ", each if isinstance(each, str) else each[0]).split(";")


Judge = Callable[[Operation, str, ProjectState], bool]
JUDGES: tuple[tuple[Judge, str], ...] = (
    (_is_gone, USED),
    (_is_changed, CHANGED),
    (_is_constrained, CONSTRAINED),
    (_lacks_value, NO_VALUE),
    (_locks_ledger, LOCKS),
)


if __name__ == "__main__":
    django.setup()
    sys.exit("\n".join(faults_after(NOT_JUDGED)) or 0)
