"""A backlog that came after the last ANALYZE: Postgres thinks that nothing waits, and reads only what it is given."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger import claiming, holding, queueing
from dispatch.ledger.dialect import is_postgres
from tests.dispatch.ledger.rows import make_deliveries
from tests.dispatch.ledger.visits import work_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not is_postgres(), reason="SQLite is told by what index to read"),
]

OWNER = new_id()
PAST, BACKLOG, BATCH = 500, 1_500, 20

GIVEN: dict[str, Callable[[list[UUID]], Any]] = {
    "claim_due": lambda ids: claiming.claim_due(OWNER, BATCH, timezone.now()),
    "claim_named": lambda ids: claiming.claim_named(OWNER, ids, timezone.now()),
    "claim_early": lambda ids: claiming.claim_early(OWNER, dict.fromkeys(ids, 0), timezone.now()),
    "mark_queued": lambda ids: queueing.mark_queued(ids, []),
    "mark_unqueued": lambda ids: queueing.mark_unqueued(ids),
    "mark_early": lambda ids: queueing.mark_early(ids, timezone.now()),
}


def settle_the_past() -> None:
    make_deliveries(PAST, state="delivered", settled_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE delivery")
        # So few rows may well be read through. What is tested is which of the indexes is taken.
        cursor.execute("SET LOCAL enable_seqscan = off")


@pytest.mark.parametrize("name", GIVEN)
def test_a_batch_out_of_a_backlog_costs_what_the_batch_has(name: str) -> None:
    settle_the_past()
    waiting = make_deliveries(BACKLOG)
    ids = [delivery.pk for delivery in waiting[:: BACKLOG // BATCH]]
    work = work_of(lambda: GIVEN[name](ids))
    assert work.scans == []
    assert work.visited <= 4 * BATCH


def test_a_line_is_taken_up_without_reading_all_that_is_held() -> None:
    settle_the_past()
    [first, *_] = make_deliveries(BACKLOG, state="held", reason="capped")
    work = work_of(lambda: holding.claim_held(OWNER, first.subscriber_id, "capped", BATCH, timezone.now()))
    assert work.scans == []
    assert work.visited <= 4 * BATCH
