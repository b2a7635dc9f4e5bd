"""A wide event's deliveries are written chunk by chunk, each once, whoever dies or joins in between."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from dispatch import fan_out
from dispatch.identifiers import new_id
from dispatch.ledger import fanning_out
from dispatch.models import Delivery, Event
from dispatch.queues import open_queue
from dispatch.queues.base import Job, Queue
from dispatch.queues.embedded import EmbeddedQueue
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_event, make_subscriber
from tests.dispatch.queues.conftest import use_faktory
from tests.servers.processes import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "CHUNK", 4)


@pytest.fixture
def embedded() -> Queue:
    return EmbeddedQueue(new_id())


@pytest.fixture
def broker(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Queue]:
    use_faktory(request, settings)
    with closing(open_queue(new_id())) as queue:
        yield queue


def make_wide_event(subscribers: int, topic: str = "orders") -> Event:
    Subscriber.objects.bulk_create(
        Subscriber(topic=topic, target_url=f"http://127.0.0.1:9/{number}") for number in range(subscribers)
    )
    return make_event(fan_out="pending", matched=None, topic=topic)


def finish(event: Event, queue: Queue) -> int:
    """Advances to the end; returns in how many chunks."""
    chunks = 1
    while fan_out.advance(event.pk, queue):
        chunks += 1
        assert chunks < 100
    event.refresh_from_db()
    return chunks


def recipients(event: Event) -> list[int]:
    return sorted(Delivery.objects.filter(event=event).values_list("subscriber_id", flat=True))


@pytest.mark.parametrize(
    ("subscribers", "chunks"), [(0, 1), (1, 1), (3, 1), (4, 2), (5, 2), (8, 3), (10, 3)], ids=lambda number: str(number)
)
def test_every_subscriber_gets_one_delivery(subscribers: int, chunks: int, embedded: Queue) -> None:
    event = make_wide_event(subscribers)
    assert finish(event, embedded) == chunks
    assert recipients(event) == sorted(Subscriber.objects.values_list("pk", flat=True))
    assert (event.fan_out, event.matched) == ("done", subscribers)


def test_only_those_whose_filter_takes_it_get_it(embedded: Queue) -> None:
    for total in range(100, 200, 10):
        make_subscriber(filter_expression=f'data["body"]["total"] > {total}')
    make_subscriber(topic="other")
    event = make_wide_event(0)
    finish(event, embedded)
    assert event.matched == 5  # 100 to 140 of a total of 150


def test_held_ones_are_written_as_held(embedded: Queue) -> None:
    make_subscriber(state="paused")
    make_subscriber(filter_expression="import os")
    event = make_wide_event(1)
    finish(event, embedded)
    assert sorted(Delivery.objects.values_list("state", "reason")) == [
        ("held", "broken"),
        ("held", "paused"),
        ("pending", ""),
    ]


def test_a_death_between_chunks_is_resumed_at_the_cursor(embedded: Queue) -> None:
    event = make_wide_event(10)
    assert fan_out.advance(event.pk, embedded)
    first = set(Delivery.objects.values_list("pk", flat=True))
    event.refresh_from_db()
    assert (len(first), event.matched, event.fan_out) == (4, None, "pending")
    assert event.fan_out_cursor == recipients(event)[-1]
    finish(event, EmbeddedQueue(new_id()))
    assert len(set(recipients(event))) == Delivery.objects.count() == 10
    assert first < set(Delivery.objects.values_list("pk", flat=True))


def test_a_death_within_a_chunk_leaves_neither_its_rows_nor_its_cursor(
    embedded: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_wide_event(6)

    def die(*arguments: object, **named: object) -> None:
        raise DatabaseError("the connection was lost")

    with monkeypatch.context() as patched:
        patched.setattr(fanning_out, "insert_deliveries", die)
        with pytest.raises(DatabaseError):
            fan_out.advance(event.pk, embedded)
    event.refresh_from_db()
    assert (event.fan_out_cursor, Delivery.objects.count()) == (0, 0)
    finish(event, embedded)
    assert event.matched == 6


def test_of_two_that_advance_at_once_one_leaves_it_to_the_other(
    embedded: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_wide_event(10)
    write = fan_out.write_chunk

    def overtaken(*arguments: Any, **named: Any) -> bool:
        monkeypatch.setattr(fan_out, "write_chunk", write)
        assert fan_out.advance(event.pk, EmbeddedQueue(new_id()))
        return write(*arguments, **named)

    monkeypatch.setattr(fan_out, "write_chunk", overtaken)
    assert not fan_out.advance(event.pk, embedded)
    assert Delivery.objects.count() == 4


@pytest.mark.parametrize("fields", [{"fan_out": "done", "matched": 0}, None], ids=["done", "pruned"])
def test_a_job_that_comes_too_late_does_nothing(fields: dict[str, object] | None, embedded: Queue) -> None:
    make_subscriber()
    event_id = make_event(**fields).pk if fields else new_id()
    assert not fan_out.advance(event_id, embedded)
    assert not Delivery.objects.exists()


def test_a_replay_is_not_counted_as_matched(embedded: Queue) -> None:
    event = make_wide_event(5)
    fan_out.advance(event.pk, embedded)
    first = Delivery.objects.first()
    assert first is not None
    Delivery.objects.create(event=event, subscriber=first.subscriber, subscriber_revision=1, replay_of=first)
    finish(event, embedded)
    assert event.matched == 5


def test_on_the_embedded_queue_the_rows_are_the_jobs(embedded: Queue) -> None:
    event = make_wide_event(3)
    finish(event, embedded)
    assert not Delivery.objects.filter(queued_at=None).exists()


@pytest.mark.faktory
def test_each_chunk_is_pushed_and_marked_less_what_is_held(broker: Queue) -> None:
    make_subscriber(state="paused")
    event = make_wide_event(5)
    finish(event, broker)
    due = set(Delivery.objects.filter(state="pending").values_list("pk", flat=True))
    jobs: list[Job] = []
    while sum(len(job.deliveries) for job in jobs) < 5:
        jobs += broker.fetch(10, wait_seconds=1)
    assert {delivery_id for job in jobs for delivery_id in job.deliveries} == due
    assert not Delivery.objects.filter(state="pending", queued_at=None).exists()


def test_with_the_broker_away_the_deliveries_are_written_and_wait(settings: Settings) -> None:
    settings.FAKTORY_URL = f"tcp://127.0.0.1:{free_port()}"
    event = make_wide_event(3)
    with closing(open_queue(new_id())) as queue:
        finish(event, queue)
    assert event.matched == Delivery.objects.filter(state="pending", queued_at=None).count() == 3
