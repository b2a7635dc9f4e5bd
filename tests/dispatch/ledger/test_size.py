"""How much the ledger holds is told without reading it."""

import shutil

import pytest
from django.db import connection

from dispatch.ledger import size
from dispatch.ledger.dialect import is_postgres
from tests.dispatch.ledger.aged import many_aged
from tests.dispatch.ledger.plans import explained, is_read_through, noted_statements
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("limit", "count"), [(100, 6), (2, 5), (1, 3)])
def test_what_waits_is_counted_up_to_the_limit(limit: int, count: int) -> None:
    subscriber = make_subscriber()
    for fields in ({}, {}, {}, {"state": "claimed"}, {"state": "held", "reason": "paused"}, {"state": "delivered"}):
        make_delivery(subscriber, **fields)
    make_delivery(subscriber, state="claimed")
    assert size.waiting_deliveries(limit) == count


def test_waiting_deliveries_are_counted_without_reading_the_table() -> None:
    many_aged(50, 10, make_subscriber())
    with noted_statements() as seen:
        size.waiting_deliveries(100)
    assert len(seen) == 3
    for statement, parameters in seen:
        steps = list(explained(statement, parameters))
        assert not any(map(is_read_through, steps)), (statement, steps)


def test_the_database_takes_room_and_sqlite_knows_what_is_free_in_it() -> None:
    before, free = size.database_bytes(), size.reusable_bytes()
    many_aged(500, 10, make_subscriber())
    assert size.database_bytes() > before > 0
    assert (free is None) == is_postgres()


def test_the_disk_is_that_of_sqlites_file() -> None:
    if is_postgres():
        assert size.free_disk_bytes() is None
        return
    free = size.free_disk_bytes()
    assert free is not None
    assert abs(free - shutil.disk_usage(connection.settings_dict["NAME"]).free) < 1 << 30


def test_what_wide_events_may_become_is_counted_up_to_the_limit() -> None:
    first, *_ = [make_subscriber(topic="orders") for _ in range(3)]
    for topic in ("order*", "*", "orders.*", "ord_rs", "invoices"):
        make_subscriber(topic=topic)
    make_subscriber(topic="orders").delete()
    assert size.coming_deliveries(100) == 0
    make_event(topic="orders", fan_out="pending", matched=None)
    assert size.coming_deliveries(100) == 5
    make_event(topic="orders", fan_out="pending", matched=None, fan_out_cursor=first.pk)
    assert size.coming_deliveries(100) == 9
    assert size.coming_deliveries(7) == 7
