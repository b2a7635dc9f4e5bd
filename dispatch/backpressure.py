"""Refuses publishes while a limit of storage is reached, and takes them again once it no longer is.

A thread of each web process looks once a second; a publish only reads what it found.
"""

import logging
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from dispatch.ledger.size import coming_deliveries, database_bytes, free_disk_bytes, waiting_deliveries

LOOK_SECONDS = 1.0
#: A look that takes long is repeated less often: for each second of it, so many without.
REST = 20

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that is reached: the setting that has it, and what to do, in sentences."""

    setting: str
    detail: str


class LimitReachedError(Exception):
    """Nothing may be stored now; `setting` names the limit."""

    def __init__(self, reached: Reached) -> None:
        super().__init__(f"{reached.detail} Nothing was stored: publish again later.")
        self.setting = reached.setting


def check() -> None:
    """Raises LimitReachedError while a limit is reached."""
    if reached := watcher().reached:
        raise LimitReachedError(reached)


def look() -> Reached | None:
    """The limit that is reached now, if any. Raises DatabaseError if the database does not tell."""
    return _disk() or _database() or _waiting()


def _disk() -> Reached | None:
    least = settings.SWITCH_MIN_FREE_DISK_BYTES
    free = free_disk_bytes() if least else None
    if free is None or free >= least:
        return None
    return Reached(
        "SWITCH_MIN_FREE_DISK_BYTES",
        f"The database's disk has {free:,} bytes free; below {least:,} (SWITCH_MIN_FREE_DISK_BYTES) no event is "
        "accepted. Room must be made on the disk.",
    )


def _database() -> Reached | None:
    most = settings.SWITCH_MAX_DATABASE_BYTES
    if not most or (size := database_bytes()) < most:
        return None
    return Reached(
        "SWITCH_MAX_DATABASE_BYTES",
        f"The database has {size:,} bytes; from {most:,} on (SWITCH_MAX_DATABASE_BYTES) no event is accepted. "
        "Retention must be shortened, or the limit raised.",
    )


def _waiting() -> Reached | None:
    most = settings.SWITCH_MAX_WAITING_DELIVERIES
    if not most or waiting_deliveries(most) + coming_deliveries(most) < most:
        return None
    return Reached(
        "SWITCH_MAX_WAITING_DELIVERIES",
        f"{most:,} deliveries or more wait to be sent; with so many (SWITCH_MAX_WAITING_DELIVERIES) no event is "
        "accepted. Consumers must run and subscribers answer, or those that are paused be resumed, or their backlog "
        "discarded.",
    )


class Watcher(threading.Thread):
    """Keeps `reached` up to date. Where a look fails, the last one counts: the publish itself will tell why."""

    def __init__(self) -> None:
        super().__init__(name="backpressure", daemon=True)
        self.reached: Reached | None = None
        self.has_looked = threading.Event()

    def run(self) -> None:
        while True:
            started = time.monotonic()
            self.look()
            self.has_looked.set()
            time.sleep(max(LOOK_SECONDS, (time.monotonic() - started) * REST))

    def look(self) -> None:
        try:
            reached = look()
        except (DatabaseError, InterfaceError, OSError) as error:
            logger.debug("Could not look whether a limit is reached: %s", error)
        else:
            self._note(reached)
        finally:
            connection.close()

    def _note(self, reached: Reached | None) -> None:
        before, self.reached = self.reached, reached
        if reached and (before is None or before.setting != reached.setting):
            logger.warning("Publishes are refused. %s", reached.detail)
        elif before and not reached:
            logger.info("Publishes are accepted again.")


_lock = threading.Lock()
_watcher: Watcher | None = None


def watcher() -> Watcher:
    """The process's watcher, started when first needed (and anew in a forked process); it has looked once."""
    global _watcher
    if _watcher is not None and _watcher.is_alive():
        return _watcher
    with _lock:
        if _watcher is None or not _watcher.is_alive():
            _watcher = Watcher()
            _watcher.start()
            _watcher.has_looked.wait(LOOK_SECONDS)
        return _watcher
