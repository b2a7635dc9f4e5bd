"""Waits out a lost database or broker: jittered back-off, one log line a change of state in a whole process."""

import logging
import random
import threading

MAX_PAUSE_SECONDS = 10.0
#: A first failure may be that of a connection which broke long ago: only a second one in a row tells of a change.
SURE = 2

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_silent: set[str] = set()


class Patience:
    """Counts one thread's failures in a row with one thing; the threads of a process tell of it once, by its name."""

    def __init__(self, name: str, is_stopping: threading.Event) -> None:
        self.name = name
        self._is_stopping = is_stopping
        self._failures = 0

    def failed(self, error: Exception) -> None:
        """Notes a failure and waits, longer each time; a stop ends the wait."""
        self._failures += 1
        if self._failures == SURE and self._is_news(is_silent=True):
            logger.warning("%s does not answer; waiting for it. %s", self.name, error)
        most = min(MAX_PAUSE_SECONDS, 0.1 * 2 ** min(self._failures, 10))
        pause = random.uniform(most / 2, most)  # noqa: S311 - spreads load
        self._is_stopping.wait(pause)

    def worked(self) -> None:
        if self._failures and self._is_news(is_silent=False):
            logger.info("%s answers again.", self.name)
        self._failures = 0

    def _is_news(self, *, is_silent: bool) -> bool:
        """Whether no thread has told so yet."""
        with _lock:
            if (self.name in _silent) == is_silent:
                return False
            _silent.symmetric_difference_update({self.name})
            return True
