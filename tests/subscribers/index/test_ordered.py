"""Candidates stay in the order of their ids, whatever comes and goes; a change leaves the original as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.index import ordered
from subscribers.index.ordered import Ordered
from tests.subscribers.index.candidates import make_candidate


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordered, "CHUNK", 4)


def ids(candidates: Ordered) -> list[int]:
    return [candidate.subscriber_id for candidate in candidates]


def toggled(candidates: Ordered, there: set[int], number: int) -> Ordered:
    """Without the candidate if it is there, with it otherwise."""
    return candidates.without(number) if number in there else candidates.with_(make_candidate(number))


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(0, 41))
def test_it_holds_what_a_sorted_set_would(numbers: list[int], after: int) -> None:
    candidates, there = Ordered(), set[int]()
    for number in numbers:
        before, kept = candidates, sorted(there)
        candidates = toggled(candidates, there, number)
        there ^= {number}
        assert ids(before) == kept
        assert all(0 < len(chunk) <= ordered.CHUNK for chunk in candidates._chunks)
    assert ids(candidates) == sorted(there)
    assert len(candidates) == len(there)
    assert [each.subscriber_id for each in candidates.after(after)] == [each for each in sorted(there) if each > after]


def test_what_comes_in_order_fills_the_chunks() -> None:
    candidates = Ordered()
    for number in range(12):
        candidates = candidates.with_(make_candidate(number))
    assert [len(chunk) for chunk in candidates._chunks] == [4, 4, 4]


def test_a_change_shares_all_other_chunks() -> None:
    before = Ordered()
    for number in range(20):
        before = before.with_(make_candidate(number))
    after = before.without(9)
    assert sum(old is new for old, new in zip(before._chunks, after._chunks, strict=True)) == 4
