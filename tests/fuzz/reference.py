"""How fast this machine is just now: a loop that takes 5 ms where the prices of filters were set.

That machine is one core of an Intel Xeon of the Sapphire Rapids family at 2.1 GHz, nothing else running, with
CPython 3.11. The loop does what an evaluation does: closures call closures, look up keys, compare, and store names.
"""

import time
from collections.abc import Callable
from typing import Any

#: What the loop takes on the reference machine, and the promise about the worst filter there.
REFERENCE_MS = 5.0
TURNS = 37_700

Names = dict[str, Any]
Part = Callable[[Names], Any]


def run() -> bool:
    """The reference loop, once."""
    names: Names = {}
    part = _equal(_at(lambda names: names["member"], "key"), 1)
    found = False
    for names["member"] in [{"key": 0}] * TURNS:
        if part(names):
            found = True
    return found


def _at(owner: Part, key: str) -> Part:
    return lambda names: owner(names)[key]


def _equal(operand: Part, constant: int) -> Part:
    def comparison(names: Names) -> bool:
        value = operand(names)
        try:
            return bool(value == constant)
        except TypeError:
            return False

    return comparison


def ratio(call: Callable[[], Any], runs: int) -> float:
    """What a call takes as a share of the reference loop: the best of its runs over the best of the loop's.

    The two take turns, since a core's speed changes by the second; what disturbs a run only ever adds to it.
    """
    taken = [(processor_ms(call), processor_ms(run)) for _ in range(runs)]
    return min(ms for ms, _ in taken) / min(reference for _, reference in taken)


def processor_ms(call: Callable[[], Any]) -> float:
    """Processor time of this thread, in milliseconds: it does not pass while others have the core."""
    began = time.thread_time()
    call()
    return (time.thread_time() - began) * 1_000
