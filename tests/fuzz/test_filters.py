"""The search for slow filters, in a short form: none may hang, keep memory, or overdraw its budget of steps."""

import random
import tracemalloc
from typing import Any

import pytest

from subscribers.filters import FilterError, Unknown, compile_filter
from subscribers.filters.evaluation import Environment
from subscribers.filters.limits import MAX_STEPS
from tests.fuzz.growing import expression_of, offspring, random_genes
from tests.fuzz.payloads import PAYLOADS
from tests.fuzz.slowest_filter import measure
from tests.fuzz.suspects import suspects


def grown(count: int, seed: int) -> list[str]:
    """Different expressions that are allowed."""
    chance, found = random.Random(seed), dict[str, None]()
    while len(found) < count:
        expression = expression_of(random_genes(chance))
        try:
            compile_filter(expression)
        except FilterError:
            continue
        found[expression] = None
    return list(found)


@pytest.mark.timeout(60)
def test_no_expression_does_work_beyond_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is paid after the budget is gone is refused: so no more is done than one payment allows."""
    spend, granted = Environment.spend, list[int]()

    def counted(environment: Environment, steps: int) -> None:
        assert steps >= 0
        spend(environment, steps)
        granted.append(steps)

    monkeypatch.setattr(Environment, "spend", counted)
    for number, expression in enumerate(grown(200, seed=4)):
        payload = list(PAYLOADS.values())[number % len(PAYLOADS)]
        compiled = compile_filter(expression)
        granted.clear()
        assert isinstance(compiled.evaluate(payload), bool | Unknown)
        assert sum(granted) <= MAX_STEPS, expression


@pytest.mark.timeout(60)
def test_no_expression_keeps_or_makes_much() -> None:
    tracemalloc.start()
    try:
        for number, expression in enumerate(grown(60, seed=5)):
            payload = list(PAYLOADS.values())[number % len(PAYLOADS)]
            compiled = compile_filter(expression)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            compiled.evaluate(payload)
            assert tracemalloc.get_traced_memory()[1] - before < 20_000_000, expression
    finally:
        tracemalloc.stop()


def test_every_suspect_is_an_accepted_filter() -> None:
    """One that is refused would be passed over in silence."""
    for expression in {expression for expression, _ in suspects()}:
        compile_filter(expression)


def test_search_breeds_and_measures() -> None:
    chance = random.Random(6)
    genes = [random_genes(chance) for _ in range(50)]
    children = [offspring(chance.choice(genes), chance.choice(genes), chance) for _ in range(50)]
    found: list[Any] = [measure(expression_of(each), "zeros") for each in [*genes, *children]]
    assert any(each is not None and each.ratio > 0 for each in found)
    assert all(expression_of(each) == expression_of(each) for each in children)
