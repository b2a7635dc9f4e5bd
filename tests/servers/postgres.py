"""A real Postgres, as durable as in production."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from signal import SIGINT
from typing import Self

import psycopg

from tests.servers.processes import (
    ServiceMissingError,
    accepts,
    free_port,
    kill_all_in,
    kill_group,
    start,
    stop,
    wait_until,
)

__all__ = ["PostgresServer", "ServiceMissingError"]


def find_program(name: str) -> str:
    """The newest of Debian's versions, or the one on PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if not found:
        raise ServiceMissingError(f"Postgres ({name}) is not installed")
    return found


class PostgresServer:
    """Runs as the user postgres where the tests run as root, which Postgres refuses to."""

    def __init__(self) -> None:
        self._initdb, self._postgres = find_program("initdb"), find_program("postgres")
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.directory = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
        if self._as_user:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self.port = free_port()
        self.log = self.directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.database_url("switch")

    @property
    def data(self) -> Path:
        """Where all of its processes work; each backend has a session of its own, and so is in no group."""
        return self.directory / "data"

    def database_url(self, name: str) -> str:
        return f"postgres://switch@127.0.0.1:{self.port}/{name}"

    @property
    def process_id(self) -> int:
        """Of the server while it runs; its children are what it started."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        if not self.data.exists():
            self._run(self._initdb, "-D", str(self.data), "-U", "switch", "-A", "trust", "-E", "UTF8", "--no-locale")
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.directory}"]
        options = [word for setting in (*settings, "max_connections=200") for word in ("-c", setting)]
        self._process = start(
            [*self._as_user, self._postgres, "-D", str(self.data), *options], self.log, cwd=self.directory
        )
        wait_until(self._answers, "Postgres", self._process, self.log)
        self.create_database("switch")

    def create_database(self, name: str) -> str:
        """Creates the database, if it is not there, and returns its URL."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"')
        return self.database_url(name)

    def create_database_in(self, directory: Path) -> str:
        """Creates a database whose tables are files in `directory`, and returns its URL."""
        place = directory / "tables"
        place.mkdir()
        if self._as_user:
            user = pwd.getpwnam("postgres")
            os.chown(place, user.pw_uid, user.pw_gid)
            directory.chmod(0o755)
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE elsewhere LOCATION '{place}'")  # type: ignore[arg-type] # no literal
            connection.execute("CREATE DATABASE elsewhere TABLESPACE elsewhere")
        return self.database_url("elsewhere")

    def stop(self) -> None:
        """At once, but in good order."""
        if self._process:
            # runuser passes SIGTERM on, which lets Postgres wait for its clients; SIGINT goes to the group.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, SIGINT)
            stop(self._process, SIGINT)
            self._process = None

    def kill(self) -> None:
        """SIGKILL to Postgres and all of its processes."""
        if self._process:
            kill_group(self._process)
            kill_all_in(self.data)
            # A dead postmaster that nobody has buried would count as one that still holds them.
            for lock in ("data/postmaster.pid", f".s.PGSQL.{self.port}.lock"):
                (self.directory / lock).unlink(missing_ok=True)
            self._process = None

    def _answers(self) -> bool:
        if not accepts(self.port):
            return False
        try:
            psycopg.connect(self.database_url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, *command: str) -> None:
        subprocess.run([*self._as_user, *command], check=True, capture_output=True, cwd=self.directory)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
