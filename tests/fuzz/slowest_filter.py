"""Looks for the filter that keeps the processor busiest: `python -m tests.fuzz.slowest_filter [seconds] [seed]`.

It measures the suspects, and expressions bred from the slowest ones so far, on payloads of a mebibyte. It tells the
worst, each as a share of the reference loop (5 ms where the prices were set), which is measured beside it, and ends
with status 1 if one takes longer than that loop.
"""

import random
import sys
import time
from dataclasses import dataclass, replace

from subscribers.filters import Filter, FilterError, compile_filter
from tests.fuzz.growing import Genes, expression_of, offspring, random_genes
from tests.fuzz.payloads import PAYLOADS
from tests.fuzz.reference import REFERENCE_MS, processor_ms, ratio
from tests.fuzz.suspects import suspects

#: Of the reference: the worst accepted filter takes no longer.
LIMIT = 1.0
#: Worth to be measured with care, and bred from.
PROMISING_MS = REFERENCE_MS / 4
RUNS, FINAL_RUNS = 3, 25
KEPT, TOLD = 40, 12


@dataclass(frozen=True, order=True)
class Found:
    """What an expression takes as a share of the reference; of a quick one only roughly."""

    ratio: float
    payload: str
    expression: str
    verdict: str
    genes: Genes = ()

    def __str__(self) -> str:
        return f"{self.ratio:5.2f} on {self.payload}: {self.expression}\n    {self.verdict[:120]}"

    def measured_again(self) -> "Found":
        """With so many runs that it was not just the machine."""
        return replace(self, ratio=_ratio(compile_filter(self.expression), self.payload, FINAL_RUNS))


def measure(expression: str, payload: str) -> Found | None:
    """None if the expression is not allowed."""
    try:
        compiled = compile_filter(expression)
    except FilterError:
        return None
    milliseconds = processor_ms(lambda: compiled.evaluate(PAYLOADS[payload]))
    share = milliseconds / REFERENCE_MS if milliseconds < PROMISING_MS else _ratio(compiled, payload, RUNS)
    return Found(share, payload, expression, str(compiled.evaluate(PAYLOADS[payload])))


def _ratio(compiled: Filter, payload: str, runs: int) -> float:
    return ratio(lambda: compiled.evaluate(PAYLOADS[payload]), runs)


def breed(seconds: float, seed: int) -> tuple[int, list[Found]]:
    """How many were measured, and the slowest, one for each beginning of genes so that they stay different."""
    chance, names = random.Random(seed), list(PAYLOADS)
    kept: dict[tuple[str, Genes], Found] = {}
    measured, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        parents = sorted(kept.values(), reverse=True)[:KEPT]
        fresh = len(parents) < KEPT or chance.random() < 0.25
        genes = random_genes(chance) if fresh else offspring(*(chance.choice(parents).genes for _ in "ab"), chance)
        payload = chance.choice(names) if fresh or chance.random() < 0.3 else chance.choice(parents).payload
        found = measure(expression_of(genes), payload)
        if found is None:
            continue
        measured += 1
        key = (payload, genes[:6])
        kept[key] = max(replace(found, genes=genes), kept.get(key, found))
        if len(kept) > 10 * KEPT:
            kept = {key: each for key, each in kept.items() if each in parents}
    return measured, sorted(kept.values(), reverse=True)


def main(seconds: str = "60", seed: str = "0") -> int:
    suspected = [found for each in suspects() if (found := measure(*each))]
    bred, slowest = breed(float(seconds), int(seed))
    finalists = sorted(suspected, reverse=True)[:KEPT] + slowest[:KEPT]
    found = sorted((each.measured_again() for each in finalists), reverse=True)
    print(f"{len(suspected) + bred} were measured. The slowest, as a share of the reference ({REFERENCE_MS:g} ms):")
    for each in found[:TOLD]:
        print(each)
    return int(found[0].ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
