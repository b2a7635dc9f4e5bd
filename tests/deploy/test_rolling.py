"""Migrations that would break or block the version before are found; those that would not pass."""

import os
import subprocess
import sys

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Q

from dispatch.migrating import AddIndexConcurrently
from tests.deploy.files import ROOT
from tests.deploy.rolling import (
    ALLOWED,
    CHANGED,
    CONSTRAINED,
    LOCKS,
    NO_VALUE,
    NOT_JUDGED,
    USED,
    faults,
    faults_after,
)

INDEX = models.Index(fields=["last_status"], name="an_index")
UNIQUE = models.UniqueConstraint(fields=["last_status"], name="a_constraint")
UNIQUE_DONE = models.UniqueConstraint(fields=["done"], name="a_constraint")
#: The kind of field that the column last_status has.
status = models.PositiveSmallIntegerField


@pytest.fixture(scope="module")
def state() -> ProjectState:
    """As the present migrations leave it."""
    return MigrationLoader(None).project_state()


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (migrations.RemoveField("delivery", "last_status"), USED),
        (migrations.RenameField("delivery", "last_status", "status"), USED),
        (migrations.RenameModel("Delivery", "Shipment"), USED),
        (migrations.DeleteModel("Delivery"), USED),
        (migrations.AlterModelTable("delivery", "shipment"), USED),
        (migrations.AlterField("delivery", "last_status", status(null=True, db_column="code")), USED),
        (migrations.RunSQL("ALTER TABLE delivery DROP COLUMN last_status"), USED),
        (migrations.RunSQL("ALTER TABLE delivery DROP last_status"), USED),
        (migrations.RunSQL("ALTER TABLE delivery DROP IF EXISTS last_status"), USED),
        (migrations.RunSQL("DROP TABLE replay"), USED),
        (migrations.RunSQL("DROP TRIGGER subscriber_inserted ON subscriber"), USED),
        (migrations.RunSQL("DROP FUNCTION bump() CASCADE"), USED),
        (migrations.RunSQL([("ALTER TABLE delivery RENAME COLUMN last_status TO status", None)]), USED),
        (migrations.RunSQL("ALTER TABLE delivery RENAME last_status TO status"), USED),
        (migrations.AlterField("delivery", "last_status", models.BigIntegerField(null=True)), CHANGED),
        (migrations.AlterField("delivery", "last_error", models.CharField(max_length=100, db_default="")), CHANGED),
        (migrations.AlterField("delivery", "last_error", models.CharField(max_length=900, db_default="")), CHANGED),
        (migrations.AlterField("delivery", "last_error", models.TextField(db_default="")), CHANGED),
        (
            migrations.AlterField(
                "delivery", "event", models.ForeignKey("dispatch.Replay", models.CASCADE, db_index=False)
            ),
            CHANGED,
        ),
        (migrations.RunSQL("ALTER TABLE delivery ALTER COLUMN last_status TYPE bigint"), CHANGED),
        (migrations.RunSQL("ALTER TABLE delivery ALTER last_status SET DATA TYPE bigint"), CHANGED),
        (migrations.RunSQL("ALTER TYPE mood ADD VALUE 'glad'"), CHANGED),
        (migrations.AddConstraint("replay", UNIQUE_DONE), CONSTRAINED),
        (migrations.AddConstraint("replay", models.CheckConstraint(name="c", condition=Q(done=0))), CONSTRAINED),
        (migrations.AlterUniqueTogether("replay", {("topic", "state")}), CONSTRAINED),
        (migrations.AddField("replay", "code", models.IntegerField(unique=True, db_default=0)), CONSTRAINED),
        (
            migrations.AlterField("replay", "topic", models.CharField(max_length=255, db_default="", unique=True)),
            CONSTRAINED,
        ),
        (migrations.RunSQL("ALTER TABLE replay ADD CONSTRAINT one UNIQUE (topic)"), CONSTRAINED),
        (migrations.RunSQL("ALTER TABLE replay ADD UNIQUE (topic)"), CONSTRAINED),
        (migrations.RunSQL("ALTER TABLE replay ADD CHECK (done >= 0)"), CONSTRAINED),
        (migrations.RunSQL("CREATE UNIQUE INDEX CONCURRENTLY one ON delivery (last_status)"), CONSTRAINED),
        (migrations.RunSQL(["SELECT 1", "CREATE TABLE a (b int); ALTER TABLE replay ADD UNIQUE (topic)"]), CONSTRAINED),
        (migrations.AddField("replay", "weight", models.IntegerField()), NO_VALUE),
        (migrations.AddField("replay", "weight", models.IntegerField(default=1)), NO_VALUE),
        (migrations.AlterField("delivery", "last_status", status()), NO_VALUE),
        (migrations.AlterField("delivery", "attempts", models.PositiveIntegerField(default=0)), NO_VALUE),
        (migrations.RunSQL("ALTER TABLE delivery ADD COLUMN weight int NOT NULL"), NO_VALUE),
        (migrations.AddIndex("delivery", INDEX), LOCKS),
        (migrations.AddField("event", "kind", models.TextField(db_default="", db_index=True)), LOCKS),
        (migrations.AlterField("delivery", "last_status", status(null=True, db_index=True)), LOCKS),
        (migrations.RunSQL("CREATE INDEX one ON delivery (last_status)"), LOCKS),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("delivery", "last_status")]), USED),
    ],
    ids=lambda value: value.describe() if isinstance(value, Operation) else "",
)
def test_what_breaks_or_blocks_the_version_before_is_found(
    operation: Operation, fault: str, state: ProjectState
) -> None:
    assert faults(operation, "dispatch", state) == [fault]


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddConstraint("delivery", UNIQUE),
        migrations.AddConstraint("delivery", models.CheckConstraint(name="c", condition=Q(attempts__gte=0))),
        migrations.AlterField("delivery", "last_status", status(null=True, unique=True)),
        migrations.RunSQL("CREATE UNIQUE INDEX one ON delivery (last_status)"),
    ],
    ids=lambda operation: operation.describe(),
)
def test_a_constraint_of_the_ledger_locks_it_as_well(operation: Operation, state: ProjectState) -> None:
    assert faults(operation, "dispatch", state) == [CONSTRAINED, LOCKS]


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("delivery", "weight", models.IntegerField(null=True)),
        migrations.AddField("delivery", "weight", models.IntegerField(db_default=1)),
        migrations.AlterField("delivery", "last_status", status(null=True, help_text="Of the last attempt.")),
        migrations.AlterField("delivery", "event", models.ForeignKey("dispatch.Event", models.PROTECT, db_index=False)),
        migrations.AddField("replay", "code", models.IntegerField(unique=True, null=True)),
        migrations.AlterUniqueTogether("replay", set()),
        migrations.RemoveConstraint("replay", "replay_kind_known"),
        migrations.RunSQL("ALTER TABLE delivery ALTER COLUMN last_status DROP NOT NULL"),
        migrations.RunSQL(
            "ALTER TABLE delivery DROP CONSTRAINT one; DROP INDEX two; ALTER TABLE a ALTER b DROP DEFAULT"
        ),
        migrations.RunSQL("CREATE TABLE mood (name text UNIQUE, CONSTRAINT named CHECK (name <> ''))"),
        migrations.RunSQL("SELECT 1 -- DROP TABLE replay\n /* UNIQUE */"),
        migrations.RunSQL("ALTER TABLE delivery ADD COLUMN weight int NOT NULL DEFAULT 1"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY one ON delivery (last_status)"),
        migrations.AddIndex("replay", models.Index(fields=["rate"], name="an_index")),
        migrations.SeparateDatabaseAndState([], [migrations.RemoveField("delivery", "last_status")]),
        AddIndexConcurrently("delivery", INDEX),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_the_version_before_can_live_with_passes(operation: Operation, state: ProjectState) -> None:
    assert faults(operation, "dispatch", state) == []


def test_what_is_allowed_is_there_and_would_not_pass() -> None:
    assert {line.rpartition(": ")[0] for line in faults_after(NOT_JUDGED, allowed=())} == ALLOWED.keys()


def test_a_table_that_the_version_before_does_not_know_may_have_constraints() -> None:
    """Those of the alerts came in a migration that is judged, with tables of their own."""
    assert not [line for line in faults_after(NOT_JUDGED, allowed=()) if "0005_alerts" in line]


def test_all_younger_migrations_are_walked() -> None:
    """Those that were there before the first hub went live would not pass, and are found when they are judged."""
    found = "\n".join(faults_after({**NOT_JUDGED, "dispatch": "0001"}))
    assert "dispatch.0002_health_and_replay: Create index" in found
    assert "dispatch.0001" not in found


def test_the_present_migrations_pass() -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.deploy.rolling"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
