"""Without statistics, too, what consumers ask all the time reads the first rows of a partial index."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger.claiming import claim_due, due_suspects, next_due, next_suspect_due
from dispatch.ledger.dialect import is_postgres
from dispatch.ledger.holding import backlogs, claim_held, hold_due, is_pause_over
from dispatch.ledger.recovering import oldest_orphan, withheld_since
from tests.dispatch.ledger.rows import make_deliveries

pytestmark = pytest.mark.django_db


def plan(act: Callable[[], object]) -> str:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        act()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[-1]['sql']}")
        return "\n".join(row[3] for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("index", "act"),
    [
        pytest.param("delivery_due", lambda: claim_due(new_id(), 1, timezone.now()), id="claim due"),
        pytest.param("delivery_due", next_due, id="next due"),
        pytest.param("delivery_due", lambda: hold_due({1: "capped"}, timezone.now()), id="hold due"),
        pytest.param("delivery_claimed", lambda: oldest_orphan([new_id()]), id="oldest orphan"),
        pytest.param("delivery_due", lambda: withheld_since(timezone.now()), id="withheld"),
        pytest.param("delivery_suspect", lambda: due_suspects(timezone.now(), 1), id="suspects"),
        pytest.param("delivery_suspect", next_suspect_due, id="next suspect due"),
        pytest.param("delivery_held", backlogs, id="backlogs"),
        pytest.param("delivery_held", is_pause_over, id="is pause over"),
        pytest.param("delivery_held", lambda: claim_held(new_id(), 1, "rate", 1, timezone.now()), id="claim held"),
    ],
)
def test_its_partial_index_is_used_and_nothing_is_sorted(index: str, act: Callable[[], object]) -> None:
    if is_postgres():
        pytest.skip("concerns SQLite, which has no statistics to choose by")
    make_deliveries(10)
    found = plan(act)
    assert f"USING INDEX {index}" in found or f"USING COVERING INDEX {index}" in found, found
    assert "TEMP B-TREE" not in found
    assert "delivery_state (state=?)\n" not in f"{found}\n"
