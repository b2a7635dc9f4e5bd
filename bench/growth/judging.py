"""Says how a cost grows with the ledger."""

import math
from collections.abc import Sequence

#: As a power of the number of deliveries. Over two decades a flat cost may thus rise by half: what a machine that
#: others use too does by itself.
FLAT, LOGARITHMIC = 0.1, 0.25
#: Decades that are looked at: before them a list may not yet be as long as it is ever read.
DECADES = 2


def growth(costs: Sequence[tuple[int, float]]) -> str:
    """`flat`, `logarithmic`, or by which power of the number of deliveries the cost grows."""
    last_size, last = costs[-1]
    size, first = next((size, cost) for size, cost in costs if size * 10**DECADES >= last_size)
    if size == last_size:
        return "one size only"
    exponent = math.log(last / first) / math.log(last_size / size)
    if exponent < FLAT:
        return "flat"
    return "logarithmic" if exponent < LOGARITHMIC else f"grows with the power {exponent:.1f}"
