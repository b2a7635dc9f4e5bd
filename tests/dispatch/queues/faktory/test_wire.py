"""Jobs as Faktory's JSON, and back."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from dispatch.queues.base import Job
from dispatch.queues.faktory.wire import from_wire, to_wire

FIRST, SECOND = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(Job(id="job-1", deliveries=(FIRST,)), id="one delivery"),
        pytest.param(Job(id="job-1", deliveries=(FIRST, SECOND)), id="a chunk"),
        pytest.param(Job(id="job-1", fan_out=FIRST), id="a fan-out"),
        pytest.param(Job(id="job-1", deliveries=(FIRST,), retry_limit=3, failures=2), id="a retry"),
        pytest.param(Job(id="job-1", deliveries=(FIRST,), retry_limit=0), id="no retries"),
        pytest.param(Job(id="job-1", deliveries=(FIRST,), retry_limit=0, failures=1), id="no retries, failed"),
        pytest.param(Job(id="job-1", legacy=("http://a/", 'data["x"]', "e30=")), id="one of the original's"),
    ],
)
def test_a_job_comes_back_from_the_wire_as_it_went(job: Job) -> None:
    assert from_wire(to_wire(job, "pubsub", "switch_queue")) == job


@pytest.mark.parametrize(("limit", "sent"), [(0, -1), (1, 1), (25, 25)])
def test_no_retries_are_sent_as_minus_one(limit: int, sent: int) -> None:
    """0 would mean to Faktory: forget the job when it fails."""
    assert to_wire(Job(id="job-1", deliveries=(FIRST,), retry_limit=limit), "pubsub", "q")["retry"] == sent


def test_a_job_holds_ids_and_nothing_of_their_content() -> None:
    wire = to_wire(Job(id="job-1", deliveries=(FIRST,)), "pubsub", "switch_queue")
    assert wire == {
        "jid": "job-1",
        "jobtype": "pubsub",
        "queue": "switch_queue",
        "args": [[str(FIRST)]],
        "reserve_for": 1800,
        "retry": 25,
    }


def test_a_later_job_carries_its_time_with_the_zone() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert (
        to_wire(Job(id="job-1", deliveries=(FIRST,), at=at), "pubsub", "q")["at"] == "2026-01-02T03:04:05.678000+00:00"
    )


@pytest.mark.parametrize(
    ("failures", "limit", "failure"),
    [
        pytest.param(1, 25, {"retry_count": 0, "remaining": 25}, id="the first"),
        pytest.param(25, 25, {"retry_count": 24, "remaining": 1}, id="the last"),
        pytest.param(30, 25, {"retry_count": 29, "remaining": 0}, id="beyond a limit that was lowered"),
    ],
)
def test_faktory_goes_on_counting_from_the_failures_so_far(failures: int, limit: int, failure: dict[str, int]) -> None:
    job = Job(id="job-1", deliveries=(FIRST,), retry_limit=limit, failures=failures)
    assert to_wire(job, "pubsub", "q")["failure"] == failure


@pytest.mark.parametrize("expression", ["", None])
def test_the_originals_job_may_lack_a_filter(expression: str | None) -> None:
    assert from_wire({"jid": "job-1", "args": ["http://a/", expression, "e30="]}).legacy == ("http://a/", "", "e30=")


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param({"args": []}, id="no arguments"),
        pytest.param({}, id="none at all"),
        pytest.param({"args": [[]]}, id="an empty chunk"),
        pytest.param({"args": [["not an id"]]}, id="no id"),
        pytest.param({"args": [[5]]}, id="a number for an id"),
        pytest.param({"args": [[None]]}, id="null for an id"),
        pytest.param({"args": ["fan_out", "x"]}, id="a fan-out of no id"),
        pytest.param({"args": ["http://a/", "", 5]}, id="a payload that is no text"),
        pytest.param({"args": ["a", "b", "c", "d"]}, id="four arguments"),
        pytest.param({"args": {"url": "x"}}, id="an object"),
        pytest.param({"args": [[str(FIRST)]], "retry": "often"}, id="a retry that is no number"),
    ],
)
def test_a_job_of_another_form_is_refused(wire: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_wire({"jid": "job-1", **wire})
