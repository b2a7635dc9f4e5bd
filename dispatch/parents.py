"""A process that serves under another one ends when that one is killed: it would go on unseen, with old settings."""

import logging
import os
import threading
import time
from collections.abc import Callable

LOOK_SECONDS = 0.5

logger = logging.getLogger(__name__)


def end_with(process_id: int, end: Callable[[], object]) -> None:
    """Calls `end`, from a thread of its own, soon after the parent `process_id` has gone."""
    threading.Thread(target=_watch, args=(process_id, end), name="parent", daemon=True).start()


def _watch(process_id: int, end: Callable[[], object]) -> None:
    while os.getppid() == process_id:
        time.sleep(LOOK_SECONDS)
    logger.warning("Process %d, which had started this one, has gone; ending.", process_id)
    end()
