"""Tells the log why requests are refused: a line each, no more in a second than a log can bear, and no secrets.

The sentences of problems hold names that a client chose, never values; what would break the line is escaped.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

LINES_A_SECOND = 10
MAX_LENGTH = 500

logger = logging.getLogger(__name__)


class RefusalLog:
    """For all threads of a process. What is over the limit is counted, and told when a line may be written again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._second = 0
        self._lines = 0
        self._untold = 0

    def note(self, described: dict[str, Any]) -> None:
        """`described` is a problem object."""
        untold = self._turn()
        if untold is None:
            return
        if untold:
            logger.warning("Refused %d more requests, too many to tell why.", untold)
        place = f" ({described['place']})" if "place" in described else ""
        sentence = f"{described['detail']}{place}"[:MAX_LENGTH].encode("unicode_escape").decode()
        logger.warning("Refused with %d %s: %s", described["status"], described["title"], sentence)

    def _turn(self) -> int | None:
        """None if there is no room in this second; else how many went untold before."""
        with self._lock:
            second = int(self._clock())
            if second != self._second:
                self._second, self._lines = second, 0
            if self._lines >= LINES_A_SECOND:
                self._untold += 1
                return None
            self._lines += 1
            untold, self._untold = self._untold, 0
            return untold


note = RefusalLog().note
