"""The layouts in which the hub can be run: which servers stand beside it, and the environment that names them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.faktory import FaktoryServer
from tests.servers.postgres import PostgresServer

Environment = dict[str, str]


@dataclass(frozen=True)
class Services:
    """What stands beside a hub: the environment that names it, its processes now, and how to wipe the broker."""

    environment: Environment
    processes: Callable[[], dict[str, int]] = dict
    wipe_broker: Callable[[], None] | None = None


@dataclass(frozen=True)
class Layout:
    """`open` takes a directory for files and starts the servers; they run while its context is open.

    Opening raises tests.servers' ServiceMissingError where a server is not installed.
    """

    title: str
    open: Callable[[Path], AbstractContextManager[Services]]


@contextmanager
def _sqlite(directory: Path) -> Iterator[Services]:
    yield Services({"SWITCH_DB_NAME": str(directory / "bench.sqlite3")})


@contextmanager
def _postgres(directory: Path) -> Iterator[Services]:
    with PostgresServer() as postgres:
        yield Services({"DATABASE_URL": postgres.url}, lambda: {"postgres": postgres.process_id})


@contextmanager
def _faktory(directory: Path) -> Iterator[Services]:
    with PostgresServer() as postgres, FaktoryServer() as faktory:

        def wipe() -> None:
            faktory.wipe()
            faktory.start()

        yield Services(
            {"DATABASE_URL": postgres.url, "FAKTORY_URL": faktory.url},
            lambda: {"postgres": postgres.process_id, "faktory": faktory.group},
            wipe,
        )


LAYOUTS: Mapping[str, Layout] = {
    "sqlite": Layout("SQLite, embedded queue", _sqlite),
    "postgres": Layout("Postgres, embedded queue", _postgres),
    "faktory": Layout("Postgres, Faktory", _faktory),
}
