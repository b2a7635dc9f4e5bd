"""Tells of a database that does not answer the web server: one line when it begins, and one when it ends."""

import logging
import threading

logger = logging.getLogger(__name__)


class Outage:
    """Of one process, whose threads tell of it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_on = False

    @property
    def is_on(self) -> bool:
        return self._is_on

    def note(self, error: Exception) -> None:
        with self._lock:
            is_news, self._is_on = not self._is_on, True
        if is_news:
            logger.error("The database does not answer; requests are refused until it does. %s", error)

    def end(self) -> None:
        if not self._is_on:  # the usual: no lock on the way of a publish
            return
        with self._lock:
            is_news, self._is_on = self._is_on, False
        if is_news:
            logger.info("The database answers again.")


database = Outage()
