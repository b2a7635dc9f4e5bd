"""Looks for the filter that keeps the processor busiest: `python -m tests.fuzz.slowest_filter [seconds] [seed]`.

Expressions are bred from the slowest ones so far, on payloads of a mebibyte. It tells the worst, each as a ratio to the
time that it takes to parse the same payload, and ends with status 1 if one takes longer than LIMIT_MS.
"""

import json
import random
import sys
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from subscribers.filters import FilterError, compile_filter
from tests.fuzz.growing import Genes, expression_of, offspring, random_genes
from tests.fuzz.payloads import PAYLOADS

#: What a mebibyte is promised; others use the same processor's caches, so some room is left.
LIMIT_MS = 10.0
KEPT = 40


@dataclass(frozen=True, order=True)
class Found:
    milliseconds: float
    payload: str
    genes: Genes
    verdict: str

    def __str__(self) -> str:
        ratio = self.milliseconds / parsing_ms(self.payload)
        told = f"{self.milliseconds:7.2f} ms, {ratio:5.2f} times the parsing of {self.payload}"
        return f"{told}: {expression_of(self.genes)}\n    {self.verdict[:120]}"


@cache
def parsing_ms(payload: str) -> float:
    text = json.dumps(PAYLOADS[payload])
    return min(_timed(lambda: json.loads(text))[0] for _ in range(3))


def measure(genes: Genes, payload: str) -> Found | None:
    """None if the genes give no allowed expression."""
    try:
        compiled = compile_filter(expression_of(genes))
    except FilterError:
        return None
    milliseconds, verdict = _timed(lambda: compiled.evaluate(PAYLOADS[payload]))
    if milliseconds > LIMIT_MS / 4:  # the least of three: a busy machine only ever adds
        milliseconds = min(milliseconds, *(_timed(lambda: compiled.evaluate(PAYLOADS[payload]))[0] for _ in range(2)))
    return Found(milliseconds, payload, genes, str(verdict))


def _timed(call: Any) -> tuple[float, Any]:
    began = time.thread_time()
    result = call()
    return (time.thread_time() - began) * 1000, result


def search(seconds: float, seed: int) -> tuple[int, list[Found]]:
    """How many were measured, and the slowest, one for each beginning of genes so that they stay different."""
    chance, names = random.Random(seed), list(PAYLOADS)
    kept: dict[tuple[str, Genes], Found] = {}
    measured, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        parents = sorted(kept.values(), reverse=True)[:KEPT]
        fresh = len(parents) < KEPT or chance.random() < 0.25
        genes = random_genes(chance) if fresh else offspring(*(chance.choice(parents).genes for _ in "ab"), chance)
        payload = chance.choice(names) if fresh or chance.random() < 0.3 else chance.choice(parents).payload
        found = measure(genes, payload)
        if found is None:
            continue
        measured += 1
        key = (payload, genes[:6])
        kept[key] = max(found, kept.get(key, found))
        if len(kept) > 10 * KEPT:
            kept = {key: each for key, each in kept.items() if each in parents}
    return measured, sorted(kept.values(), reverse=True)


def main(seconds: str = "60", seed: str = "0") -> int:
    measured, found = search(float(seconds), int(seed))
    print(f"{measured} expressions were measured. The slowest:")
    for each in found[:12]:
        print(each)
    return int(found[0].milliseconds > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
