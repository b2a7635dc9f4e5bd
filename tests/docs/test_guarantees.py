"""Each promise names a test that is there."""

import re
from pathlib import Path

import pytest

from dispatch.reconciliation import PUSH_GRACE

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docs" / "guarantees.md").read_text()
NAMED = sorted(set(re.findall(r"`(test_\w+)`", TEXT)))
THERE = {
    name
    for file in (PROJECT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.M)
}


@pytest.mark.parametrize("name", NAMED)
def test_every_named_test_is_there(name: str) -> None:
    assert name in THERE


def test_every_fault_that_is_tested_is_in_the_account() -> None:
    tested = {
        name
        for file in (PROJECT / "tests" / "faults").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.M)
    }
    assert tested <= set(NAMED)


def test_the_grace_of_a_push_is_the_codes() -> None:
    seconds = f"{PUSH_GRACE.total_seconds():g}"
    decision = (PROJECT / "docs" / "decisions" / "0002-a-thread-pushes.md").read_text()
    assert f"{seconds} s of grace" in TEXT
    assert f"no `queued_at` {seconds} seconds after it was stored" in decision
