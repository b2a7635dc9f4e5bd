"""Commands on a database that nobody has migrated."""

from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from subscribers.management.database import NO_TABLES, DatabaseCommand
from tests.servers.hub import HubServer

OURS = ("switchsite", "dispatch", "subscribers")
#: These work without a database, or tell themselves what is wrong with it.
WITHOUT = {"doctor", "listen", "local_secrets", "serve", "test_alert", "token"}
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


def test_every_command_of_ours_that_works_on_the_database_wants_its_tables() -> None:
    ours = {name for name, app in get_commands().items() if app in OURS}
    wanting = {name for name in ours if isinstance(load_command_class(get_commands()[name], name), DatabaseCommand)}
    assert wanting == ours - WITHOUT == {name for name, *_ in CALLS}


@pytest.mark.parametrize("arguments", CALLS, ids=lambda arguments: arguments[0])
def test_a_database_without_tables_is_told_with_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    empty = HubServer({"SWITCH_DB_NAME": str(tmp_path / "empty.sqlite3")})
    done = empty.manage(*arguments, check=False)
    assert done.returncode == 1
    assert done.stderr == f"CommandError: {NO_TABLES}\n"
