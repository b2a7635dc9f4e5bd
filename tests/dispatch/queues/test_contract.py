"""What every queue promises, tried on the real ones: the ledger's rows, and a Faktory with a password."""

import threading
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from dispatch.queues.base import Signal
from dispatch.retries import earliest_retry, latest_retry
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_subscriber
from tests.dispatch.queues.consumer import QueueConsumer, Queues

pytestmark = pytest.mark.django_db(transaction=True)


def test_pushed_work_comes_to_one_of_two_consumers(queues: Queues) -> None:
    delivery = make_delivery()
    queues.push([delivery])
    first, second = queues.consumer(), queues.consumer()
    [work] = first.take()
    assert work.claim.delivery_id == delivery.pk
    assert second.take() == []


def test_to_load_is_to_claim(queues: Queues) -> None:
    delivery = make_delivery()
    queues.push([delivery])
    consumer = queues.consumer()
    consumer.take()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.owner) == ("claimed", consumer.owner)
    assert delivery.lease_until > timezone.now()


def test_acked_work_does_not_come_back(queues: Queues) -> None:
    queues.push([make_delivery()])
    consumer = queues.consumer()
    consumer.deliver(consumer.take())
    assert consumer.take() == []
    assert queues.pusher.depth().waiting == 0


def test_failed_work_waits_for_its_time_on_the_schedule(queues: Queues) -> None:
    delivery = make_delivery()
    queues.push([delivery])
    consumer = queues.consumer()
    before = timezone.now()
    assert consumer.fail(consumer.take()) == []
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert before + earliest_retry(1) <= delivery.due_at <= timezone.now() + latest_retry(1)
    assert consumer.take() == []
    assert queues.pusher.depth().scheduled >= 1


def test_failed_work_comes_back_with_its_count(queues: Queues) -> None:
    delivery = make_delivery()
    queues.push([delivery])
    consumer = queues.consumer()
    works = consumer.take()
    for count in (1, 2):
        consumer.fail(works)
        queues.bring_forward(delivery.pk)
        works = consumer.take()
        assert [work.claim.failures for work in works] == [job.failures for job in consumer.fetched] == [count]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"state": "delivered"}, id="settled"),
        pytest.param({"state": "claimed"}, id="claimed by another"),
        pytest.param({"state": "held", "reason": "paused"}, id="held"),
        pytest.param({"due_at": timedelta(hours=1)}, id="not due"),
    ],
)
def test_what_is_not_to_be_sent_is_not_claimed_and_its_job_ends(queues: Queues, fields: dict[str, object]) -> None:
    delivery = make_delivery(**fields)
    queues.push([delivery])
    consumer = queues.consumer()
    assert consumer.take() == []
    assert queues.pusher.depth().waiting == 0
    before = (delivery.state, delivery.owner)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.owner) == before


def test_a_bulk_of_2500_arrives_whole_and_each_once(queues: Queues) -> None:
    deliveries = make_deliveries(2_500)
    queues.push(deliveries)
    assert queues.pusher.depth().waiting == 2_500
    works = queues.consumer().take_all(2_500)
    assert {work.claim.delivery_id for work in works} == {delivery.pk for delivery in deliveries}
    assert queues.pusher.depth().waiting == 0


def test_one_fetch_brings_no_more_than_its_limit(queues: Queues) -> None:
    queues.push(make_deliveries(10))
    consumer = queues.consumer()
    assert 1 <= len(consumer.take(limit=3)) <= 3


def test_depth_counts_what_is_due_and_how_old_it_is(queues: Queues) -> None:
    assert queues.pusher.depth().waiting == 0
    assert queues.pusher.depth().oldest_waiting_seconds == 0
    subscriber = make_subscriber()
    queues.push([make_delivery(subscriber) for _ in range(3)])
    time.sleep(0.05)
    depth = queues.pusher.depth()
    assert depth.waiting == 3
    assert depth.oldest_waiting_seconds > 0


def test_a_consumer_is_not_told_to_stop_by_its_heartbeat(queues: Queues) -> None:
    assert queues.consumer().queue.beat() is Signal.NONE


def test_an_idle_fetch_ends_when_its_time_is_over(queues: Queues) -> None:
    consumer = queues.consumer()
    assert consumer.queue.fetch(10, wait_seconds=0.05) == []


def test_an_idle_fetch_takes_what_another_connection_pushes_meanwhile(queues: Queues) -> None:
    consumer, found = queues.consumer(), list[UUID]()
    waiting = fetching(consumer, found)
    with transaction.atomic():
        delivery = make_delivery()
    queues.push([delivery])
    waiting.join(5)
    assert found == [delivery.pk]


def test_wake_ends_an_idle_fetch(queues: Queues) -> None:
    consumer, found = queues.consumer(), list[UUID]()
    waiting = fetching(consumer, found)
    consumer.queue.wake()
    waiting.join(5)
    assert not waiting.is_alive()
    assert found == []


def test_four_consumers_at_once_share_the_work_without_taking_any_twice(queues: Queues) -> None:
    deliveries = make_deliveries(300)
    queues.push(deliveries)
    found: list[UUID] = []
    consumers = [queues.consumer() for _ in range(4)]
    threads = [threading.Thread(target=take_until_empty, args=(consumer, found)) for consumer in consumers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == sorted(delivery.pk for delivery in deliveries)


def fetching(consumer: QueueConsumer, found: list[UUID]) -> threading.Thread:
    """A consumer that waits in `fetch` for up to 20 s, on a connection of its own."""

    def fetch() -> None:
        try:
            found.extend(work.claim.delivery_id for work in consumer.take(wait_seconds=20))
        finally:
            connection.close()

    thread = threading.Thread(target=fetch)
    thread.start()
    time.sleep(0.3)  # until it waits
    assert thread.is_alive()
    return thread


def take_until_empty(consumer: QueueConsumer, found: list[UUID]) -> None:
    try:
        while works := consumer.take(limit=20, wait_seconds=1):
            found.extend(work.claim.delivery_id for work in works)
    finally:
        connection.close()
