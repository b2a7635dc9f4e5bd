"""The layouts in which the hub can be run: which servers stand beside it, and the environment that names them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.faktory import FaktoryServer
from tests.servers.postgres import PostgresServer

Environment = dict[str, str]


@dataclass(frozen=True)
class Layout:
    """`open` takes a directory for files and starts the servers; they run while its context is open.

    Opening raises tests.servers' ServiceMissingError where a server is not installed.
    """

    title: str
    open: Callable[[Path], AbstractContextManager[Environment]]


@contextmanager
def _sqlite(directory: Path) -> Iterator[Environment]:
    yield {"SWITCH_DB_NAME": str(directory / "bench.sqlite3")}


@contextmanager
def _postgres(directory: Path) -> Iterator[Environment]:
    with PostgresServer() as postgres:
        yield {"DATABASE_URL": postgres.url}


@contextmanager
def _faktory(directory: Path) -> Iterator[Environment]:
    with PostgresServer() as postgres, FaktoryServer() as faktory:
        yield {"DATABASE_URL": postgres.url, "FAKTORY_URL": faktory.url}


LAYOUTS: Mapping[str, Layout] = {
    "sqlite": Layout("SQLite, embedded queue", _sqlite),
    "postgres": Layout("Postgres, embedded queue", _postgres),
    "faktory": Layout("Postgres, Faktory", _faktory),
}
