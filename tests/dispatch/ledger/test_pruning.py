"""The statements of pruning find their rows by indexes: a table of millions is never read through."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dispatch.identifiers import first_id_at
from dispatch.ledger import pruning
from dispatch.ledger.dialect import is_postgres
from dispatch.ledger.pruning import (
    COUNTERS,
    events_page,
    ranges_before,
    remove_counters,
    remove_deliveries,
    remove_events,
    remove_replays,
    settled_page,
)
from dispatch.models import Delivery, Event, Replay
from dispatch.models.counter import AttemptCounter, DelayCounter, EventCounter
from tests.dispatch.ledger.aged import id_at, many_aged
from tests.dispatch.ledger.plans import explained, is_read_through, noted_statements
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db

ROWS = 1_500
BATCH = 300


@pytest.fixture
def long_ago() -> datetime:
    return timezone.now() - timedelta(days=50)


@pytest.fixture
def _long_ledger(long_ago: datetime) -> None:
    """Rows on both sides of the cut-off."""
    subscriber = make_subscriber()
    for state, days in (("delivered", 60), ("delivered", 10), ("dead", 60)):
        many_aged(ROWS // 3, days, subscriber, state)
    minute = timezone.now().replace(second=0)
    for model, fields in (
        (AttemptCounter, {"subscriber": subscriber, "result": "200", "bucket": 1, "count": 1}),
        (EventCounter, {"author": "shop", "events": 1, "deliveries": 1}),
        (DelayCounter, {"bucket": 1, "count": 1}),
    ):
        model._default_manager.bulk_create(
            model(minute=minute - timedelta(minutes=number), topic="orders", **fields) for number in range(ROWS)
        )
    Replay.objects.bulk_create(Replay(status="done", finished_at=long_ago - timedelta(days=1)) for _ in range(3))
    with connection.cursor() as cursor:
        # Not all at once: that locks catalogs of Postgres which the databases of all testers share, until a test's end.
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"ANALYZE {table}")


def test_the_steps_of_a_plan_are_told_apart() -> None:
    steps = list(explained("SELECT count(*) FROM event WHERE author = %s", ["shop"]))
    assert any(map(is_read_through, steps)), steps


@pytest.mark.usefixtures("_long_ledger")
def test_no_statement_reads_a_table_through(long_ago: datetime) -> None:
    with noted_statements() as seen:
        for ids in ranges_before(long_ago, timezone.now()):
            page = settled_page("delivered", long_ago, ids, BATCH)
            if page.removable:
                assert remove_deliveries("delivered", long_ago, page.removable) == (BATCH // 2, BATCH // 2)
            events = events_page(long_ago, ids, BATCH)
            if events.removable:
                assert remove_events(long_ago, events.removable) > 0
        for table in COUNTERS:
            remove_counters(table, timezone.now() - timedelta(hours=12), BATCH)
        remove_replays(long_ago, BATCH)
    assert len(seen) == 11
    for statement, parameters in seen:
        steps = list(explained(statement, parameters))
        assert not any(map(is_read_through, steps)), (statement, steps)


@pytest.mark.usefixtures("_long_ledger")
def test_the_rows_that_foreign_keys_look_for_have_an_index() -> None:
    """The databases look for rows that point at a removed one, without a word in our statements."""
    for statement in (
        "SELECT 1 FROM attempt WHERE delivery_id = %s",
        "SELECT 1 FROM delivery WHERE event_id = %s",
        "SELECT 1 FROM delivery WHERE replay_id = %s",
    ):
        key = id_at(timezone.now())
        steps = list(explained(statement, [key if is_postgres() else key.hex]))
        assert not any(map(is_read_through, steps)), (statement, steps)


def test_a_page_ends_where_its_rows_weigh_a_batch(long_ago: datetime) -> None:
    subscriber = make_subscriber()
    many_aged(10, 60, subscriber)
    Delivery.objects.update(attempts=4)
    first, _ = ranges_before(long_ago, timezone.now())
    page = settled_page("delivered", long_ago, first, 12)
    assert len(page.removable) == 2
    assert page.last == page.removable[-1]


def test_a_page_without_more_behind_it_says_so(long_ago: datetime) -> None:
    many_aged(3, 60, make_subscriber())
    first, second = ranges_before(long_ago, timezone.now())
    assert settled_page("delivered", long_ago, first, 10).last is None
    assert settled_page("delivered", long_ago, second, 10).removable == []
    many_aged(7, 60, make_subscriber())
    assert events_page(long_ago, first, 10).last == Event.objects.order_by("id").last().pk  # type: ignore[union-attr]


def test_ids_tell_the_time_of_their_making() -> None:
    moment = timezone.now()
    bound = first_id_at(moment)
    assert id_at(moment - timedelta(milliseconds=1)) < bound <= id_at(moment)
    assert pruning.LOWEST < bound < pruning.HIGHEST
