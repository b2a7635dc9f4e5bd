"""Bounds what a person may ask that takes seconds: each question occupies a thread, which publishers want as well."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
_turns = threading.BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """Others are asking, in this process, as much as can be answered at once."""


@contextmanager
def turn() -> Iterator[None]:
    """Raises BusyError instead of waiting."""
    if not _turns.acquire(blocking=False):
        raise BusyError("Others are asking at the moment; try again in a second.")
    try:
        yield
    finally:
        _turns.release()
