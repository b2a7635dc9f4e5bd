"""What is missing or spoilt in the ledger is settled in words, and harms no other delivery."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from dispatch.consumer.feeding import Feeder
from dispatch.consumer.settlements import settled
from dispatch.ledger.claiming import SUSPECT_FROM
from dispatch.ledger.dialect import to_database
from dispatch.ledger.loading import LARGE_BYTES
from dispatch.ledger.settling import settle
from dispatch.models import Delivery
from tests.dispatch.ledger.rows import job_for, make_delivery, make_event

pytestmark = pytest.mark.django_db


def run_sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [to_database(each) for each in parameters])


def lose_event(delivery: Delivery) -> None:
    run_sql("DELETE FROM event WHERE id = %s", delivery.event_id)


def lose_subscriber(delivery: Delivery) -> None:
    run_sql("DELETE FROM subscriber WHERE id = %s", delivery.subscriber_id)


def cut_payload(delivery: Delivery) -> None:
    run_sql("UPDATE event SET payload = %s WHERE id = %s", '{"body": {"to', delivery.event_id)


@pytest.fixture
def damaged() -> Iterator[Delivery]:
    """Taken away before the end of the test, which looks at the foreign keys."""
    made = make_delivery()
    yield made
    run_sql("DELETE FROM delivery WHERE id = %s", made.pk)


@pytest.mark.parametrize(
    ("damage", "state", "word"),
    [
        (lose_event, "dead", "not in the ledger"),
        (lose_subscriber, "cancelled", ""),
        (cut_payload, "pending", "by a fault of the hub"),
    ],
)
def test_a_damaged_row_is_settled_in_words_and_harms_no_other(
    feeder: Feeder, damaged: Delivery, damage: Callable[[Delivery], None], state: str, word: str
) -> None:
    damage(damaged)
    healthy = make_delivery()
    assert feeder._take([job_for(damaged), job_for(healthy)])
    feeder.reader.read()
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [healthy.pk]
    assert end_of_the_only_one_done(feeder) == damaged.pk
    damaged.refresh_from_db()
    assert damaged.state == state
    assert word in damaged.last_error


@pytest.mark.parametrize(
    "fields",
    [{"state": "held", "reason": "capped"}, {"lost_claims": SUSPECT_FROM}],
    ids=["held for want of capacity", "a suspect"],
)
def test_what_is_taken_up_for_a_subscriber_whose_row_is_missing_is_cancelled(
    feeder: Feeder, damaged: Delivery, fields: dict[str, Any]
) -> None:
    Delivery.objects.filter(pk=damaged.pk).update(**fields)
    lose_subscriber(damaged)
    assert feeder._take_held(10)
    assert end_of_the_only_one_done(feeder) == damaged.pk
    damaged.refresh_from_db()
    assert (damaged.state, damaged.reason) == ("cancelled", "deleted")


def test_a_damaged_trace_keeps_nothing_from_being_sent(feeder: Feeder, damaged: Delivery) -> None:
    run_sql("UPDATE event SET attributes = '[]' WHERE id = %s", damaged.event_id)
    assert feeder._take([job_for(damaged)])
    assert [work.claim.delivery_id for work in feeder.flow.ready()] == [damaged.pk]


def test_a_large_event_that_is_lost_before_it_is_read_is_one_dead_delivery(feeder: Feeder) -> None:
    payload = json.dumps({"body": "x" * (LARGE_BYTES + 1)})
    large = make_delivery(event=make_event(payload=payload, size=len(payload)))
    assert feeder._take([job_for(large)])
    lose_event(large)
    feeder.reader.read()
    assert end_of_the_only_one_done(feeder) == large.pk
    large.refresh_from_db()
    assert (large.state, large.reason) == ("dead", "permanent")
    run_sql("DELETE FROM delivery WHERE id = %s", large.pk)


def end_of_the_only_one_done(feeder: Feeder) -> UUID:
    """Its outcome is written, as the recorder does."""
    [work] = feeder.flow.wait_for_done(10, 0)
    [delivery_id] = settle(feeder.owner, [settled(work, timezone.now(), is_embedded=True).settlement])
    return delivery_id
