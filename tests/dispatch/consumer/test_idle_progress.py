"""A process to which its queue gives nothing makes progress, as it tells, only where nothing is due."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dispatch.consumer import feeding
from dispatch.consumer.feeding import Feeder
from dispatch.queues.base import Job
from dispatch.queues.faktory.connection import FaktoryConnection
from dispatch.queues.faktory.queue import FaktoryQueue
from tests.dispatch.consumer.broker import Broker
from tests.dispatch.ledger.rows import job_for, make_delivery, make_event
from tests.dispatch.queues.conftest import use_faktory

pytestmark = pytest.mark.django_db


class Withholding(Broker):
    """Has no job to give, whatever is due."""

    def fetch(self, limit: int, wait_seconds: float) -> list[Job]:
        return []


def notes_progress(feeder: Feeder) -> bool:
    before = feeder.flow.progressed_at
    assert feeder._fetch(10) == []
    return feeder.flow.progressed_at > before


SECONDS = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda: None, True, id="nothing is there"),
        pytest.param(lambda: make_delivery(due_at=60 * SECONDS), True, id="a delivery is due later"),
        pytest.param(make_delivery, False, id="a first try is due"),
        pytest.param(
            lambda: make_delivery(failures=3, due_at=-80 * SECONDS), True, id="a retry may yet come on its schedule"
        ),
        pytest.param(lambda: make_delivery(failures=3, due_at=-160 * SECONDS), False, id="a retry should have come"),
        pytest.param(lambda: make_delivery(lost_claims=2), True, id="a suspect, which no queue brings, is due"),
        pytest.param(lambda: make_event(fan_out="pending", matched=None), False, id="a wide event is to be worked out"),
    ],
)
def test_a_queue_that_gives_nothing_is_progress_only_where_nothing_is_due(
    feeder: Feeder, make: Callable[[], object], expected: bool
) -> None:
    make()
    feeder.queue = Withholding()
    assert notes_progress(feeder) is expected


def test_an_idle_process_looks_only_now_and_then_whether_something_is_due(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "IDLE_LOOK_SECONDS", 3600.0)
    feeder.queue = Withholding()
    assert notes_progress(feeder)
    with CaptureQueriesContext(connection) as queries:
        assert not notes_progress(feeder)
    assert queries.captured_queries == []


@pytest.mark.faktory
def test_a_paused_faktory_queue_is_no_progress_while_its_jobs_wait(
    request: pytest.FixtureRequest, settings: Settings, feeder: Feeder
) -> None:
    server = use_faktory(request, settings)
    delivery = make_delivery()
    with closing(FaktoryQueue(feeder.owner)) as feeder.queue, closing(FaktoryConnection(server.url)) as operator:
        feeder.queue.push([job_for(delivery)])
        assert operator.ask(f"QUEUE PAUSE {settings.SWITCH_PRODUCTION_QUEUE}") == "OK"
        assert not notes_progress(feeder)
        assert operator.ask(f"QUEUE RESUME {settings.SWITCH_PRODUCTION_QUEUE}") == "OK"
        deadline = time.monotonic() + 20
        while not (jobs := feeder._fetch(10)) and time.monotonic() < deadline:
            pass
        assert feeder._take(jobs)
        feeder.queue.ack(jobs)
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [delivery.pk]
