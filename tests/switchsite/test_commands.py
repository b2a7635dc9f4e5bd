"""Commands on a database that does not answer, or that nobody has migrated."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from subscribers.management.database import NO_TABLES, DatabaseCommand
from tests.servers.hub import HubServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import free_port

OURS = ("switchsite", "dispatch", "subscribers")
#: These work without a database, or tell themselves what is wrong with it.
WITHOUT = {"doctor", "listen", "local_secrets", "migrate", "serve", "test_alert", "token"}
CALLS = [
    ("api_key", "deployer", "--scope", "all"),
    ("apply_subscribers", "subscribers.yaml"),
    ("consumer_alive",),
    ("demo",),
    ("export_subscribers",),
    ("import_switch", "old.db"),
    ("pause", "billing"),
    ("prune",),
    ("publish", "orders", "{}"),
    ("replay", "--list"),
    ("resume", "billing"),
    ("run_consumer",),
    ("status", "--once"),
    ("subscribe", "orders", "http://billing:8000/", "--name", "billing"),
    ("tail", "--seconds", "0"),
    ("welcome",),
]


#: Runs the checks with which the commands begin that are its arguments; tells what of the admin and the API is loaded.
LOADED = """
import sys
import django
django.setup()
from django.core.checks import run_checks
from django.core.management import get_commands, load_command_class
for name in sys.argv[1:]:
    command = load_command_class(get_commands()[name], name)
    if command.requires_system_checks:
        run_checks(**command.get_check_kwargs({"database": "default"}))
print({"dispatch.admin", "unfold.admin", "rest_framework.views", "switchsite.urls"} & set(sys.modules))
"""


def ours() -> set[str]:
    return {name for name, app in get_commands().items() if app in OURS}


def test_no_command_loads_the_admin_or_the_api_only_to_check_them() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, *ours()], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_command_of_ours_that_works_on_the_database_wants_its_tables() -> None:
    wanting = {name for name in ours() if isinstance(load_command_class(get_commands()[name], name), DatabaseCommand)}
    assert wanting == ours() - WITHOUT == {name for name, *_ in CALLS}


@pytest.mark.parametrize("arguments", CALLS, ids=lambda arguments: arguments[0])
def test_a_database_without_tables_is_told_with_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    empty = HubServer({"SWITCH_DB_NAME": str(tmp_path / "empty.sqlite3")})
    done = empty.manage(*arguments, check=False)
    assert done.returncode == 1
    assert done.stderr == f"CommandError: {NO_TABLES}\n"


def told_by(arguments: tuple[str, ...], **env: str) -> str:
    """The last line of standard error; no trace stands before it."""
    done = HubServer(env).manage(*arguments, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("axes_reset",),
        ("changepassword", "ann"),
        ("createsuperuser", "--noinput", "--username", "ann", "--email", "ann@example.com"),
        ("migrate",),
        ("publish", "orders", "{}"),
        ("showmigrations",),
        ("status", "--once"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_database_that_does_not_answer_is_told_in_a_sentence(arguments: tuple[str, ...]) -> None:
    told = told_by(arguments, SWITCH_DB_NAME="/nowhere/switch.sqlite3")
    assert told.startswith(
        "DatabaseAwayError: The database does not answer: unable to open database file. See DATABASE_URL"
    )
    port = free_port()
    told = told_by(arguments, DATABASE_URL=f"postgres://switch:hunter2@127.0.0.1:{port}/switch")
    assert told.startswith("DatabaseAwayError: The database does not answer: ")
    assert f"port {port} failed: Connection refused" in told
    assert "hunter2" not in told


def test_who_asks_for_the_trace_gets_it() -> None:
    away = HubServer({"SWITCH_DB_NAME": "/nowhere/switch.sqlite3"})
    for command in ("migrate", "status"):
        assert "Traceback" in away.manage(command, "--traceback", check=False).stderr


def test_a_database_that_answers_but_refuses_is_not_told_to_be_away(tmp_path: Path) -> None:
    path = tmp_path / "refusing.sqlite3"
    hub = HubServer({"SWITCH_DB_NAME": str(path)})
    hub.manage("migrate")
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE subscriber RENAME COLUMN topic TO subject")
    told = hub.manage("export_subscribers", check=False)
    assert (told.returncode, told.stderr.splitlines()) == (
        1,
        ["DatabaseRefusalError: The database refused it: no such column: subscriber.topic."],
    )
    doctor = hub.manage("doctor", check=False)
    assert doctor.stdout.startswith("The database refused it: no such column: ")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM django_migrations WHERE app = 'subscribers'")
    migrate = hub.manage("migrate", check=False)
    assert "Traceback" in migrate.stderr
    assert "The database does not answer" not in migrate.stderr


@pytest.mark.postgres
def test_postgres_says_itself_why_it_refuses(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database("refusing")
    assert 'database "refusing_nobody" does not exist' in told_by(("status", "--once"), DATABASE_URL=f"{url}_nobody")
