"""Commands on a database that nobody has migrated."""

from pathlib import Path

import pytest

from tests.servers.hub import HubServer


@pytest.mark.parametrize(
    "arguments",
    [
        ("subscribe", "orders", "http://billing:8000/", "--name", "billing"),
        ("status", "--once"),
        ("apply_subscribers", "subscribers.yaml"),
        ("export_subscribers",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_database_without_tables_is_told_with_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    empty = HubServer({"SWITCH_DB_NAME": str(tmp_path / "empty.sqlite3")})
    done = empty.manage(*arguments, check=False)
    assert done.returncode == 1
    assert done.stderr == "CommandError: The database has no tables yet: run manage.py migrate.\n"
