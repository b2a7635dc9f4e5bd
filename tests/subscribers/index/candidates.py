"""Candidates for the tests of the index, made without a database."""

from subscribers.filters import FilterError, accesses_of
from subscribers.index import Candidate, Change


def make_candidate(subscriber_id: int, expression: str = "", *, is_broken: bool = False) -> Candidate:
    return Candidate(subscriber_id, 1, 25, expression, is_paused=False, is_broken=is_broken)


def make_change(subscriber_id: int, topic: str = "order", expression: str = "") -> Change:
    try:
        return Change(topic, make_candidate(subscriber_id, expression), accesses_of(expression))
    except FilterError:
        return Change(topic, make_candidate(subscriber_id, expression, is_broken=True), ())
