"""How the text of a variable becomes a value."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from switchsite import databases, environment
from switchsite.environment import BASE_DIR, unknown, value
from switchsite.kinds import (
    addresses,
    boolean,
    networks,
    origin,
    ports,
    positive,
    rate,
    seconds,
    seconds_or_never,
    sender,
    words,
)


@pytest.fixture(autouse=True)
def problems(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(environment, "problems", found)
    return found


@pytest.fixture
def own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """None but those that a test sets: those of the tests themselves are no settings."""
    for name in [each for each in os.environ if each.startswith("SWITCH_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SWITCH_SERVER_PROT", "SWITCH_SERVER_PORT"),
        ("SWITCH_JWTSECRET", "SWITCH_JWT_SECRET"),
        ("SWITCH_CONSUMER_CONCURRENCY", "SWITCH_CONSUMER_CONCURRENCY_LEVEL"),
        ("SWITCH_DATABASE_URL", "DATABASE_URL"),
        ("SWITCH_XYZZY", ""),
        ("SWITCH_", ""),
    ],
)
@pytest.mark.usefixtures("own_variables")
def test_a_name_that_is_not_known_is_found_with_the_nearest_that_is(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    monkeypatch.setenv("SWITCH_SERVER_HOST", "::")
    monkeypatch.setenv(name, "value")
    assert unknown() == {name: nearest}


@pytest.mark.usefixtures("own_variables")
def test_what_kubernetes_sets_for_a_service_of_this_name_is_no_misspelt_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in {
        "SWITCH_SERVICE_HOST": "10.0.0.11",
        "SWITCH_SERVICE_PORT": "80",
        "SWITCH_SERVICE_PORT_HTTP": "80",
        "SWITCH_PORT": "tcp://10.0.0.11:80",
        "SWITCH_PORT_80_TCP": "tcp://10.0.0.11:80",
        "SWITCH_PORT_80_TCP_PROTO": "tcp",
        "SWITCH_PORT_80_TCP_PORT": "80",
        "SWITCH_PORT_80_TCP_ADDR": "10.0.0.11",
    }.items():
        monkeypatch.setenv(name, text)
    assert unknown() == {}
    monkeypatch.setenv("SWITCH_PORT", "8000")
    assert unknown().keys() == {"SWITCH_PORT"}


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        *[(boolean, text, True) for text in ("1", "true", "YES", " on ")],
        *[(boolean, text, False) for text in ("0", "False", "no", "off", "")],
        (words, "a, b ,,c", ["a", "b", "c"]),
        (positive, " 7 ", 7),
        (seconds, "0.5", 0.5),
        (seconds, "1e2", 100.0),
        (seconds_or_never, "0", 0.0),
        (sender, "Switch <switch@localhost>", "Switch <switch@localhost>"),
        (seconds_or_never, "1.5", 1.5),
        (addresses, "a@example.com, b@host.example", ["a@example.com", "b@host.example"]),
        (origin, "https://switch.example.com", "https://switch.example.com"),
        (networks, "public", "public"),
        (rate, "10/min", "10/min"),
    ],
)
def test_text_becomes_a_value(kind: Callable[[str], Any], text: str, expected: Any) -> None:
    assert kind(text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *[(boolean, text) for text in ("maybe", "2")],
        *[(positive, text) for text in ("0", "-1", "1.5", "many", "0x10")],
        *[(seconds, text) for text in ("0", "-1", "inf", "nan", "soon")],
        (networks, "none"),
        *[(seconds_or_never, text) for text in ("-1", "inf", "never")],
        *[(sender, text) for text in ("switch", "Switch <>")],
        *[(addresses, text) for text in ("ops", "a@example.com,b")],
        *[(origin, text) for text in ("switch.example.com", "ftp://switch", "https://switch/hub", "https://")],
        *[(rate, text) for text in ("many", "0/min", "10", "10/fortnight", "-1/s")],
        *[(ports, text) for text in ("http", "0", "2-1", "1,70000")],
    ],
)
def test_text_of_another_kind_is_refused(kind: Callable[[str], Any], text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        kind(text)


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, problems: list[str]) -> None:
    monkeypatch.setenv("SWITCH_SERVER_PORT", "")
    assert value("SWITCH_SERVER_PORT") == 8000
    assert problems == []


def test_password_that_begins_with_a_dollar_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCH_DB_PASSWORD", "$HOME")
    assert value("SWITCH_DB_PASSWORD") == "$HOME"


def test_value_that_cannot_be_read_is_told_and_the_default_taken(
    monkeypatch: pytest.MonkeyPatch, problems: list[str]
) -> None:
    monkeypatch.setenv("SWITCH_SERVER_PORT", "http")
    assert value("SWITCH_SERVER_PORT") == 8000
    assert problems == ["SWITCH_SERVER_PORT must be a whole number above 0, but is 'http'."]


def test_database_is_a_sqlite_file_of_the_project_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "SWITCH_DB_NAME", "SWITCH_DB_HOST"):
        monkeypatch.delenv(name, raising=False)
    found = databases.database()
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", BASE_DIR / "switch.sqlite3")
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]


def test_host_makes_it_postgres_and_a_url_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, text in {"HOST": "db", "NAME": "hub", "USER": "u", "PASSWORD": "p", "PORT": "5433"}.items():
        monkeypatch.setenv(f"SWITCH_DB_{name}", text)
    found = databases.database()
    assert (found["ENGINE"], found["HOST"], found["PORT"]) == ("django.db.backends.postgresql", "db", 5433)
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("hub", "u", "p")
    monkeypatch.setenv("DATABASE_URL", "postgres://other@elsewhere/events")
    assert (databases.database()["HOST"], databases.database()["NAME"]) == ("elsewhere", "events")


def test_options_of_a_url_hold_but_for_the_one_that_statements_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u@db/hub?server_side_binding=true&sslmode=require")
    options = databases.database()["OPTIONS"]
    assert (options["sslmode"], options["server_side_binding"]) == ("require", False)


def test_database_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch, problems: list[str]) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://u:secret@db/hub")
    databases.database()
    assert len(problems) == 1
    assert problems[0].startswith("DATABASE_URL must begin with postgres:// or sqlite:///")
    assert "secret" not in problems[0]
