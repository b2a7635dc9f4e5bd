"""The database as Django wants it, from DATABASE_URL or the SWITCH_DB_ variables."""

from typing import Any

import environ

from switchsite import environment

SQLITE_OPTIONS: dict[str, Any] = {
    # A transaction takes the write lock when it begins: two that read first and write later cannot deadlock.
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    # FULL: what a publish has committed survives a power cut. WAL: readers do not wait for the writer.
    # A consumer copies the log into the file before it has so many pages; where none runs, a commit does it.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000; "
    "PRAGMA wal_autocheckpoint=4000;",
}


def database() -> dict[str, Any]:
    """Settings of the default database; a URL that cannot be read is told in `environment.problems`."""
    url = environment.value("DATABASE_URL")
    found = _from_url(url) if url else _from_variables()
    if "sqlite" in found["ENGINE"]:
        # Kept open: to open SQLite anew for each request costs more than the publish itself.
        return found | {"CONN_MAX_AGE": None, "OPTIONS": SQLITE_OPTIONS | found.get("OPTIONS", {})}
    # Who publishes while the database is away is told so after two seconds.
    # The pool tries again at once for whoever asks next: left to itself it would wait longer each time, up to minutes.
    pool = {"min_size": 0, "max_size": 16, "timeout": 2, "reconnect_timeout": 2}
    options = {"pool": pool, "connect_timeout": 2}
    # Several statements go in one message, which Postgres allows only where the client has put the values in.
    return found | {"OPTIONS": options | found.get("OPTIONS", {}) | {"server_side_binding": False}}


def _from_url(url: str) -> dict[str, Any]:
    if url.startswith(("postgres://", "postgresql://", "sqlite://")):
        try:
            return dict(environ.Env.db_url_config(url))
        except ValueError:
            # Neither the URL nor the error is shown: both may hold a part of the password.
            environment.problems.append(
                "DATABASE_URL cannot be read: its port must be a number, and /, @, : and # in its password are written "
                "as %2F, %40, %3A and %23."
            )
            return _from_variables()
    environment.problems.append(
        "DATABASE_URL must begin with postgres:// or sqlite:///; Switch runs on Postgres and SQLite only."
    )
    return _from_variables()


def _from_variables() -> dict[str, Any]:
    name = environment.value("SWITCH_DB_NAME")
    host = environment.value("SWITCH_DB_HOST")
    if not host:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": environment.BASE_DIR / name}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "HOST": host,
        "PORT": environment.value("SWITCH_DB_PORT"),
        "USER": environment.value("SWITCH_DB_USER"),
        "PASSWORD": environment.value("SWITCH_DB_PASSWORD"),
    }
