"""The index and plain evaluation agree, whatever has come and gone; and the index asks only those whom it must."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers.filters import Filter, compile_filter
from subscribers.index import Change, Judge, SubscriberIndex, buckets, judging, ordered, topics
from subscribers.matching import Snapshot
from tests.subscribers.filters.expressions import EVENTS
from tests.subscribers.filters.test_access import indexable
from tests.subscribers.index.candidates import make_change

TOPICS = ["order", "order.created", "order.", "o", "invoice"]
PATTERNS = ["*", "o*", "order*", "order.*", "invoice*", "order.created.*"]


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The expressions in the order in which they are evaluated."""
    asked: list[str] = []
    evaluate = Filter.evaluate

    def watched(self: Filter, data: Any) -> Any:
        asked.append(self.expression)
        return evaluate(self, data)

    monkeypatch.setattr(Filter, "evaluate", watched)
    return asked


def make_snapshot(*changes: Change) -> Snapshot:
    return Snapshot(1, SubscriberIndex().changed((), changes))


def matched(snapshot: Snapshot, data: Any, topic: str = "order") -> list[int]:
    return [candidate.subscriber_id for candidate in snapshot.match(topic, data)]


def by_chunks(snapshot: Snapshot, data: Any, topic: str, size: int) -> list[int]:
    found: list[int] = []
    last_id: int | None = 0
    while last_id is not None:
        matches, last_id = snapshot.chunk(topic, data, last_id, size)
        found += [candidate.subscriber_id for candidate in matches]
    return found


def plainly(present: dict[int, Change], topic: str, data: Any) -> list[int]:
    """The oracle: every filter of every subscriber is asked."""
    return [number for number, change in sorted(present.items()) if hears(change, topic, data)]


def hears(change: Change, topic: str, data: Any) -> bool:
    wanted = change.topic
    if not (topic.startswith(wanted[:-1]) if wanted.endswith("*") else topic == wanted):
        return False
    return change.candidate.is_broken or compile_filter(change.candidate.expression).matches(data)


FILTERS = st.sampled_from(["", "True", "data[", 'data["a"] > 1', 'data["a"] == 1', 'data.get("b") == 1']) | indexable()
STEPS = st.lists(
    st.lists(
        st.tuples(st.integers(1, 12), st.none() | st.tuples(st.sampled_from(TOPICS + PATTERNS), FILTERS)), max_size=6
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.lists(EVENTS, min_size=1, max_size=4), st.integers(1, 4))
def test_index_and_plain_evaluation_agree(
    steps: list[list[tuple[int, tuple[str, str] | None]]], events: list[Any], size: int
) -> None:
    """Each step is one change of some subscribers: new, edited, moved, or gone where there is no filter."""
    with pytest.MonkeyPatch.context() as small:
        small.setattr(ordered, "CHUNK", 3)
        small.setattr(buckets, "FEW", 2)
        small.setattr(topics, "MAX_OPERANDS", 3)
        index, present = SubscriberIndex(), dict[int, Change]()
        for step in steps:
            wanted = dict(step)
            changes = {number: make_change(number, *each) for number, each in wanted.items() if each}
            old, kept = Snapshot(0, index), present
            index = index.changed(wanted, changes.values())
            present = {number: change for number, change in present.items() if number not in wanted} | changes
            assert matched(old, events[0]) == plainly(kept, "order", events[0]), "one in use stays what it is"
        snapshot = Snapshot(1, index)
        for topic in TOPICS:
            for data in events:
                expected = plainly(present, topic, data)
                assert matched(snapshot, data, topic) == expected
                assert by_chunks(snapshot, data, topic, size) == expected
                assert snapshot.match_up_to(len(expected) - 1, topic, data) is None
            assert snapshot.candidates(topic) == len(plainly(_without_filters(present), topic, {}))
        assert not index.changed(present, ()).topics, "nothing is left of those who went"
        assert not index.changed(present, ()).pattern_lengths


def _without_filters(present: dict[int, Change]) -> dict[int, Change]:
    return {number: make_change(number, change.topic) for number, change in present.items()}


def test_only_those_whose_constant_is_equal_are_asked(evaluated: list[str]) -> None:
    snapshot = make_snapshot(*(make_change(each, expression=f'data["a"] == {each % 100}') for each in range(1, 1_001)))
    assert matched(snapshot, {"a": 7.0}) == list(range(7, 1_001, 100))
    assert evaluated == ['data["a"] == 7']
    assert matched(snapshot, {"a": "7"}) == matched(snapshot, {"a": [7]}) == matched(snapshot, {}) == []
    assert len(evaluated) == 1


def test_the_predicate_that_fewest_share_is_taken(evaluated: list[str]) -> None:
    expressions = [f'data["kind"] == "order" and data["customer"] == {each}' for each in range(1, 101)]
    snapshot = make_snapshot(*(make_change(each, expression=text) for each, text in enumerate(expressions, 1)))
    assert matched(snapshot, {"kind": "order", "customer": 50}) == [50]
    assert len(evaluated) <= 2


@pytest.mark.parametrize("expression", ['data["a"] > 1', 'data["a"] == 2 and data["b"] > 1', 'data["a"] == 2'])
def test_equal_expressions_are_evaluated_once(expression: str, evaluated: list[str]) -> None:
    snapshot = make_snapshot(*(make_change(each, expression=expression) for each in range(1, 301)))
    assert len(matched(snapshot, {"a": 2, "b": 2})) == 300
    assert evaluated == [expression]


def test_an_operand_that_nobody_compares_any_more_is_not_worked_out() -> None:
    index = SubscriberIndex().changed((), [make_change(1, expression='data["a"] in (1, 2)'), make_change(2)])
    assert list(index.topics["order"].operands) == ["data['a']"]
    assert not index.changed([1], []).topics["order"].operands


def test_operands_beyond_the_limit_are_evaluated(monkeypatch: pytest.MonkeyPatch, evaluated: list[str]) -> None:
    monkeypatch.setattr(topics, "MAX_OPERANDS", 2)
    expressions = ['data["a"] == 1', 'data["b"] == 1', 'data["c"] == 1', 'data["c"] == 2 and data["b"] == 2']
    snapshot = make_snapshot(*(make_change(each, expression=text) for each, text in enumerate(expressions, 1)))
    assert list(snapshot.index.topics["order"].operands) == ["data['a']", "data['b']"]
    assert matched(snapshot, {"a": 2, "b": 2, "c": 2}) == [4]
    assert sorted(evaluated) == ['data["c"] == 1', 'data["c"] == 2 and data["b"] == 2']


def test_equal_expressions_of_topic_and_pattern_are_evaluated_once(evaluated: list[str]) -> None:
    snapshot = make_snapshot(*(make_change(each, topic, 'data["a"] > 1') for each, topic in enumerate(["x", "*"], 1)))
    assert matched(snapshot, {"a": 2}, "x") == [1, 2]
    assert len(evaluated) == 1


def test_more_matches_than_the_limit_are_not_gathered(evaluated: list[str]) -> None:
    snapshot = make_snapshot(*(make_change(each, expression='data["a"] > 1') for each in range(1, 1_001)))
    assert snapshot.match_up_to(999, "order", {"a": 2}) is None
    assert len(snapshot.match_up_to(1_000, "order", {"a": 2}) or ()) == 1_000
    assert snapshot.match_up_to(1, "order", {"a": 1}) == []
    assert len(evaluated) == 3


def test_more_filters_than_the_limit_are_not_evaluated(evaluated: list[str]) -> None:
    snapshot = make_snapshot(*(make_change(each, expression=f'data["a"] > {each}') for each in range(1, 101)))
    assert snapshot.match_up_to(99, "order", {"a": 2}) is None
    assert evaluated == []
    assert len(snapshot.match_up_to(100, "order", {"a": 2}) or ()) == 1


def test_a_chunk_evaluates_its_own_candidates_only(evaluated: list[str]) -> None:
    snapshot = make_snapshot(*(make_change(each, expression=f'data["a"] >= {each}') for each in range(1, 101)))
    chunk = snapshot.chunk("order", {"a": 45}, 40, 10)
    assert ([candidate.subscriber_id for candidate in chunk.matches], chunk.last_id) == ([41, 42, 43, 44, 45], 50)
    assert len(evaluated) == 10


def noted(index: SubscriberIndex, data: Any) -> list[int]:
    judge = Judge(data)
    for bucket in index.buckets("order", judge):
        for expression, candidates in bucket.groups():
            judge.holds(expression, candidates)
    return sorted(candidate.subscriber_id for candidate, _ in judge.noted)


NOTED: list[tuple[str, Callable[[int], str], int, dict[str, Any], int]] = [
    ("a part that is evaluated", lambda each: f'data["b"] > {each}', 30, {}, 30),
    ("a misspelt key", lambda each: f'data["aa"] == {each}', topics.ASKED_THOUGH_UNKNOWN, {"a": 1}, 10),
    ("a key that many ask for", lambda each: f'data["a"] == {each}', topics.ASKED_THOUGH_UNKNOWN + 1, {}, 0),
    ("behind another that is false", lambda each: f'data["a"] == {each} and data["b"] == 1', 5, {"b": 2}, 0),
    ("of a key that is there", lambda each: f'data["a"] == 1 and data["b"] > {each}', 30, {"a": 1}, 30),
    ("what has no hash in a set", lambda each: f'data["a"] in {{1, {each}}}', 5, {"a": []}, 5),
    ("what has no hash", lambda each: f'data["a"] == {each}', 5, {"a": []}, 0),
    ("of very many", lambda each: 'data["a"] > 1', 1_000, {}, judging.NOTED_AT_ONCE),
]


@pytest.mark.parametrize(
    ("make", "count", "data", "expected"), [row[1:] for row in NOTED], ids=[row[0] for row in NOTED]
)
def test_unknown_is_noted(make: Callable[[int], str], count: int, data: dict[str, Any], expected: int) -> None:
    changes = [make_change(each, expression=make(each)) for each in range(2, count + 2)]
    assert len(noted(SubscriberIndex().changed((), changes), data)) == expected


def test_a_candidate_of_several_constants_is_noted_once() -> None:
    index = SubscriberIndex().changed((), [make_change(1, expression='data["a"] in (1, 2, 3)')])
    assert noted(index, {}) == [1]
