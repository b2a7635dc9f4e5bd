"""What SQLite holds against the types of its columns stops no consumer: it is mended, and harms no other."""

import logging
import os
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dispatch.consumer import mending
from dispatch.consumer.feeding import Feeder
from dispatch.consumer.flow import Flow
from dispatch.consumer.housekeeping import RECONCILER, Housekeeper
from dispatch.consumer.mending import Mender
from dispatch.diagnosis import examine, repair
from dispatch.identifiers import new_id
from dispatch.leases import acquire
from dispatch.ledger.damage import INSTEAD, find_damage
from dispatch.ledger.dialect import as_time, is_postgres, to_database
from dispatch.ledger.loading import LARGE_BYTES
from dispatch.mending import MAX_PASSES, mend_damage
from dispatch.models import Consumer, Delivery, Event, Health, Lease
from dispatch.queues.embedded import EmbeddedQueue
from subscribers.models import Subscriber
from tests.dispatch.consumer.damaging import Broker, damage, embedded_feeder, sent
from tests.dispatch.ledger.rows import job_for, make_delivery, make_subscriber

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(is_postgres(), reason="Postgres holds nothing that the types of its columns forbid"),
]

NUMBERS = ("attempts", "failures", "deferred_seconds", "lost_claims", "due_at")
LIMITS = (
    *("retry_limit", "connect_timeout_seconds", "idle_timeout_seconds", "total_timeout_seconds", "max_in_flight"),
    "rate_limit_per_second",
)


@pytest.fixture
def feeder() -> Feeder:
    return embedded_feeder()


@pytest.mark.parametrize("column", NUMBERS)
def test_a_delivery_that_does_not_know_how_often_it_was_tried_is_sent_with_the_others(
    feeder: Feeder, column: str
) -> None:
    damaged, healthy = make_delivery(), make_delivery()
    damage("delivery", column, damaged.pk)
    assert sent(feeder) == {damaged.pk, healthy.pk}


def test_a_delivery_whose_id_is_none_gets_another_and_is_sent(feeder: Feeder) -> None:
    damaged, healthy = make_delivery(), make_delivery()
    damage("delivery", "id", damaged.pk)
    assert len(sent(feeder) - {healthy.pk}) == 1
    assert {each.event_id for each in Delivery.objects.all()} == {damaged.event_id, healthy.event_id}


def test_a_delivery_whose_event_nobody_can_tell_is_given_up_in_words(feeder: Feeder) -> None:
    damaged, healthy = make_delivery(), make_delivery()
    damage("delivery", "event_id", damaged.pk)
    try:
        assert sent(feeder) == {healthy.pk}
        found = Delivery.objects.values("state", "reason", "last_error").get(pk=damaged.pk)
        assert found == {
            "state": "dead",
            "reason": "permanent",
            "last_error": "Its row in the ledger was damaged: event_id.",
        }
    finally:
        damage("delivery", "event_id", damaged.pk, to_database(damaged.event_id))


def test_a_replay_of_nobody_knows_what_is_given_up(feeder: Feeder) -> None:
    first = make_delivery(state="delivered", attempts=1)
    again = make_delivery(first.subscriber, first.event, replay_of=first)
    damage("delivery", "replay_of_id", again.pk)
    assert sent(feeder) == set()
    again.refresh_from_db()
    assert (again.state, again.reason) == ("dead", "permanent")


def test_an_event_of_unknown_size_is_measured_and_sent(feeder: Feeder) -> None:
    damaged = make_delivery()
    damage("event", "size", damaged.event_id)
    assert sent(feeder) == {damaged.pk}
    event = Event.objects.get(pk=damaged.event_id)
    assert event.size == len(event.payload) < LARGE_BYTES


@pytest.mark.parametrize("column", LIMITS)
def test_a_subscriber_whose_limits_nobody_can_tell_is_paused_with_the_reason(feeder: Feeder, column: str) -> None:
    damaged, healthy = make_delivery(), make_delivery()
    damage("subscriber", column, damaged.subscriber_id)
    assert sent(feeder) == {healthy.pk}
    subscriber = Subscriber.objects.get(pk=damaged.subscriber_id)
    assert subscriber.is_paused
    assert f"({column})" in subscriber.state_reason
    assert getattr(subscriber, column) == (25 if column == "retry_limit" else None)


def test_a_job_of_a_broker_is_not_lost_over_a_damaged_row(feeder: Feeder, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged, healthy = make_delivery(), make_delivery()
    damage("delivery", "attempts", damaged.pk)
    jobs = [job_for(damaged), job_for(healthy)]
    monkeypatch.setattr(feeder.queue, "fetch", lambda limit, wait_seconds: [jobs.pop()] if jobs else [])
    for _ in range(4):
        feeder._feed_on()
    assert {work.job for work in feeder.flow.ready()} == {job_for(damaged), job_for(healthy)}


@pytest.mark.parametrize(("table", "column"), [("delivery", "failures"), ("subscriber", "retry_limit")])
def test_a_reconciler_outlives_a_damaged_row(table: str, column: str) -> None:
    """A broker would refuse all jobs that are pushed with such a one."""
    damaged = make_delivery()
    damage(table, column, damaged.pk if table == "delivery" else damaged.subscriber_id)
    damage("delivery", "created_at", damaged.pk, "2026-01-01 00:00:00")
    housekeeper = Housekeeper(new_id(), Flow(100), 8, int, lambda wish: None)
    housekeeper.queue = housekeeper.reconciler.queue = Broker(housekeeper.owner)
    housekeeper._turn()
    housekeeper._turn()
    damaged.refresh_from_db()
    assert (damaged.failures, damaged.queued_at is None) == (0, False)


@pytest.mark.parametrize(("table", "column"), [("lease", "owner"), ("lease", "until"), ("consumer", "id")])
def test_a_damaged_lease_or_consumer_is_written_anew(table: str, column: str) -> None:
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8)
    assert acquire(RECONCILER, new_id(), timedelta(seconds=-1))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = 'damaged'")  # noqa: S608
    housekeeper = Housekeeper(new_id(), Flow(100), 8, int, lambda wish: None)
    for _ in range(3):
        housekeeper._turn()
    assert [each.pk for each in Consumer.objects.filter(process_id=os.getpid())] == [housekeeper.owner]
    assert Lease.objects.get(name=RECONCILER).owner == housekeeper.owner


def test_a_fault_that_no_damaged_row_explains_is_met_but_once() -> None:
    """Once, since another process may have mended just now what was in the way of both."""
    mender = Mender()
    assert [mender.mends(KeyError("a fault of ours")) for _ in range(2)] == [True, False]


def test_what_was_mended_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    damage("delivery", "attempts", make_delivery().pk)
    with caplog.at_level(logging.ERROR, mending.__name__):
        assert Mender().mends(TypeError())
    assert caplog.messages == [
        "Damaged rows were in the way (TypeError) and are mended: 1 delivery (attempts).",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_is_not_taken_for_one_without_damage() -> None:
    damage("delivery", "attempts", make_delivery().pk)
    mender = Mender()
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, uri=True)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert [mender.mends(TypeError()) for _ in range(2)] == [True, True]
    assert mender.mends(TypeError())
    assert Delivery.objects.get().attempts == 0


def test_what_mending_does_not_cure_is_not_mended_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(INSTEAD[Delivery], "attempts", "'damaged again'")
    damage("delivery", "attempts", make_delivery().pk)
    assert mend_damage(timezone.now()).total() == MAX_PASSES


def test_a_text_that_is_not_utf8_is_mended_into_one_that_can_be_read() -> None:
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8)
    subscriber = make_subscriber()
    damage("subscriber", "name", subscriber.pk, b"caf\xe9")
    repair(EmbeddedQueue(None))
    assert Subscriber.objects.get().name == "caf\ufffd"


@pytest.mark.parametrize(("table", "column"), [("subscriber", "filter_expression"), ("event", "payload")])
def test_a_text_that_nobody_can_read_is_told_and_mended(table: str, column: str) -> None:
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8)
    delivery = make_delivery(state="delivered", attempts=1)
    row = delivery.subscriber_id if table == "subscriber" else to_database(delivery.event_id)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = CAST(%s AS TEXT) WHERE id = %s", [b'"caf\xe9"', row])  # noqa: S608
    [told] = map(str, examine(EmbeddedQueue(None)))
    assert f"1 of {table} ({column})" in told
    repair(EmbeddedQueue(None))
    model = Subscriber if table == "subscriber" else Event
    assert model._default_manager.values_list(column, flat=True).get() == '"caf\ufffd"'


@pytest.mark.parametrize("value", ["damaged", b"\xe9", 5])
def test_a_subscriber_that_was_deleted_nobody_knows_when_stays_deleted(value: object) -> None:
    subscriber = make_subscriber()
    subscriber_of_that_name = make_subscriber(name="billing")
    Subscriber.objects.filter(pk=subscriber.pk).update(name="billing", deleted_at=timezone.now())
    damage("subscriber", "deleted_at", subscriber.pk, value)
    assert str(repair(EmbeddedQueue(None))) == "mended 1 damaged row"
    assert list(Subscriber.objects.existing()) == [subscriber_of_that_name]
    assert Subscriber.objects.deleted().get().deleted_at is not None


@pytest.mark.parametrize(
    "value", ["2026-01-01", "2026-01-01 00:30:00+02:00", "2026-01-01T08:00:00Z", "2026-01-01 08:00:00.123456"]
)
def test_a_moment_that_the_hub_reads_well_is_not_damaged(value: str) -> None:
    subscriber = make_subscriber()
    damage("subscriber", "deleted_at", subscriber.pk, value)
    assert find_damage() == []
    assert Subscriber.objects.get().deleted_at == as_time(value)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("delivery", "lost_claims", "many"),
        ("delivery", "last_status", "OK"),
        ("delivery", "created_at", "2026-02-30 08:00:00"),
        ("event", "received_at", "yesterday"),
        ("event", "matched", "all"),
        ("subscriber", "rate_limit_per_second", "slow"),
        ("subscriber", "target_url", b"http://127.0.0.1:9/"),
        ("health", "opened_in_a_row", "often"),
        ("subscriber_version", "number", "latest"),
    ],
)
def test_the_doctor_tells_of_what_a_columns_type_forbids_and_mends_it(table: str, column: str, value: object) -> None:
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8)
    delivery = make_delivery(state="delivered", attempts=1)
    Health.objects.create(subscriber=delivery.subscriber)
    keys = {"delivery": delivery.pk, "event": delivery.event_id}
    row = 1 if table == "subscriber_version" else keys.get(table, delivery.subscriber_id)
    damage(table, column, row, value, "subscriber_id" if table == "health" else "id")
    told = [str(trouble) for trouble in examine(EmbeddedQueue(None))]
    assert [text.partition(". ")[0] for text in told] == [
        f"1 row holds what the type of its column forbids: 1 of {table} ({column})"
    ]
    assert str(repair(EmbeddedQueue(None))).endswith("mended 1 damaged row")
    assert examine(EmbeddedQueue(None)) == []


def test_what_is_as_it_should_be_is_not_mended() -> None:
    make_delivery(make_subscriber(rate_limit_per_second=5, retry_limit=3), state="held", reason="paused")
    make_delivery(state="claimed", last_status=500, attempts=1)
    assert str(repair(EmbeddedQueue(None))) in ("nothing", "released 1")
