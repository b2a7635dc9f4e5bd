"""Migrations that would break or block the version before are found; those that would not pass."""

import os
import subprocess
import sys

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from dispatch.migrating import AddIndexConcurrently
from tests.deploy.files import ROOT
from tests.deploy.rolling import LOCKS, NO_VALUE, NOT_JUDGED, USED, faults, faults_after

INDEX = models.Index(fields=["last_status"], name="an_index")
UNIQUE = models.UniqueConstraint(fields=["last_status"], name="a_constraint")


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
        (migrations.AlterField("delivery", "last_status", models.IntegerField(null=True, db_column="code")), USED),
        (migrations.RunSQL("ALTER TABLE delivery DROP COLUMN last_status"), USED),
        (migrations.RunSQL([("ALTER TABLE delivery RENAME COLUMN last_status TO status", None)]), USED),
        (migrations.AddField("replay", "weight", models.IntegerField()), NO_VALUE),
        (migrations.AddField("replay", "weight", models.IntegerField(default=1)), NO_VALUE),
        (migrations.AlterField("delivery", "last_status", models.IntegerField()), NO_VALUE),
        (migrations.AlterField("delivery", "attempts", models.PositiveIntegerField(default=0)), NO_VALUE),
        (migrations.RunSQL("ALTER TABLE delivery ADD COLUMN weight int NOT NULL"), NO_VALUE),
        (migrations.AddIndex("delivery", INDEX), LOCKS),
        (migrations.AddConstraint("delivery", UNIQUE), LOCKS),
        (migrations.AddField("event", "kind", models.TextField(db_default="", db_index=True)), LOCKS),
        (migrations.AlterField("delivery", "last_status", models.IntegerField(null=True, unique=True)), LOCKS),
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
        migrations.AddField("delivery", "weight", models.IntegerField(null=True)),
        migrations.AddField("delivery", "weight", models.IntegerField(db_default=1)),
        migrations.AlterField("delivery", "last_status", models.BigIntegerField(null=True)),
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
