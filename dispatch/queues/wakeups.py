"""How an idle consumer of the embedded queue hears within milliseconds that rows have come."""

import math
import threading
import time
from contextlib import suppress
from enum import Enum, auto

from django.db import DatabaseError, connection

from subscribers.drivers import driver

CHANNEL = "switch_deliveries"
#: How often SQLite is asked whether another connection has written, in seconds: while there is work, and where none
#: came lately. One look takes some microseconds, but to wake up takes more.
LOOK_SECONDS = 0.002
LAZY_LOOK_SECONDS = 0.010
#: After so many seconds without work it looks lazily. Changes alone do not count: consumers note their leases.
LAZY_AFTER_SECONDS = 1.0


class Woken(Enum):
    """What ended a wait."""

    BY_TIME = auto()
    BY_CHANGE = auto()
    BY_HAND = auto()


def notify() -> None:
    """Wakes the consumers that wait on Postgres. Outside of any transaction: inside one it would slow the commit."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


class SQLiteWakeup:
    """Sees by `PRAGMA data_version` that another connection has committed (https://sqlite.org/pragma.html)."""

    def __init__(self) -> None:
        # A lock that is released to end a wait: threading.Event would cost more than the look itself.
        self._interrupted = threading.Lock()
        self._interrupted.acquire()
        self._seen = self._version()
        self._worked_at = -math.inf

    def note_work(self) -> None:
        """There was some: more is likely to come soon."""
        self._worked_at = time.monotonic()

    def wait(self, seconds: float) -> Woken:
        """Waits at most so long for something that may have changed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._interrupted.acquire(timeout=self.pause_seconds):
                return Woken.BY_HAND
            version = self._version()
            if version != self._seen:
                self._seen = version
                return Woken.BY_CHANGE
        return Woken.BY_TIME

    def interrupt(self) -> None:
        with suppress(RuntimeError):  # it was called before, and nobody has waited since
            self._interrupted.release()

    def close(self) -> None:
        """Nothing to give back: the connection is Django's."""

    @property
    def pause_seconds(self) -> float:
        """Between two looks."""
        is_lazy = time.monotonic() - self._worked_at > LAZY_AFTER_SECONDS
        return LAZY_LOOK_SECONDS if is_lazy else LOOK_SECONDS

    def _version(self) -> int:
        connection.ensure_connection()
        # Past Django's cursor, which costs ten times the look itself.
        with connection.wrap_database_errors:
            return int(connection.connection.execute("PRAGMA data_version").fetchone()[0])


class PostgresWakeup:
    """Listens on a connection of its own; `interrupt` may come from any thread."""

    def __init__(self) -> None:
        self._interrupted = threading.Event()
        try:
            parameters = connection.get_connection_params()
            for ours in ("pool", "cursor_factory", "context"):
                parameters.pop(ours, None)
            self._connection = driver().connect(**parameters, autocommit=True)
            self._connection.execute(f"LISTEN {CHANNEL}")
        except driver().Error as error:
            raise DatabaseError(str(error)) from error

    def note_work(self) -> None:
        """Nothing to note: it is told of each change at once."""

    def wait(self, seconds: float) -> Woken:
        """Waits at most so long for something that may have changed."""
        try:
            for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                return Woken.BY_CHANGE
        except driver().Error as error:
            raise DatabaseError(str(error)) from error
        if not self._interrupted.is_set():
            return Woken.BY_TIME
        self._interrupted.clear()
        return Woken.BY_HAND

    def interrupt(self) -> None:
        """A wait ends by itself within `LOOK_EVERY_SECONDS`, and then tells of it."""
        self._interrupted.set()

    def close(self) -> None:
        self._connection.close()
