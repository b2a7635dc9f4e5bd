"""When Python's garbage collector looks for cycles in the long-lived processes: web workers and consumers."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects from which on the young are looked through, and how many times that for the older ones. A payload of a
#: mebibyte may be 350,000 objects without a cycle: with Python's own 700 it is walked through again and again while it
#: is read, which takes as long again as the reading, and every other thread waits.
THRESHOLDS = (50_000, 20, 20)


def settle() -> None:
    """To be called once, when all is loaded, which is never walked through again; what comes later is seldom.

    A full collection would walk through all modules, for a tenth of a second in which every thread waits.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def keep() -> None:
    """To be called when much has come that stays, such as subscribers: or each full collection walks through it all,
    and stops the process for a second."""
    gc.freeze()


@contextmanager
def no_looking() -> Iterator[None]:
    """While much is read that is no garbage: to look for it again and again takes almost half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
