"""Waits out a lost database or broker: jittered back-off, one log line a change of state."""

import logging
import random
import threading

MAX_PAUSE_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Patience:
    """Counts failures in a row of one thing, named in the log."""

    def __init__(self, name: str, is_stopping: threading.Event) -> None:
        self.name = name
        self._is_stopping = is_stopping
        self._failures = 0

    def failed(self, error: Exception) -> None:
        """Notes a failure and waits, longer each time; a stop ends the wait."""
        if not self._failures:
            logger.warning("%s does not answer; waiting for it. %s", self.name, error)
        self._failures += 1
        most = min(MAX_PAUSE_SECONDS, 0.1 * 2 ** min(self._failures, 10))
        pause = random.uniform(most / 2, most)  # noqa: S311 - spreads load
        self._is_stopping.wait(pause)

    def worked(self) -> None:
        if self._failures:
            logger.info("%s answers again.", self.name)
        self._failures = 0
