"""Every filter of a list has an index that leads to what it names."""

import pytest
from django.utils.http import urlencode

from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.api.caller import Caller
from tests.dispatch.ledger.plans import explained, is_read_through, noted_statements
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

SPAN = {"after": "2026-01-01T00:00:00Z", "before": "2026-01-01T10:00:00Z"}
ID = "0198c0de-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("subscribers", {"topic": "orders"}),
        ("subscribers", {"name": "billing"}),
        ("events", {"topic": "orders"}),
        ("events", {"author": "shop", "idempotency_key": "k"}),
        ("events", {"author": "shop", **SPAN}),
        ("events", {"topic": "orders", **SPAN}),
        ("deliveries", {"subscriber": "1"}),
        ("deliveries", {"event": ID}),
        ("deliveries", {"replay": ID}),
        ("deliveries", {"replay_of": ID}),
        ("deliveries", {"state": "dead"}),
        ("deliveries", {"state": "held", "subscriber": "1", "reason": "paused"}),
        ("deliveries", SPAN),
        ("attempts", {"delivery": ID}),
    ],
)
def test_no_filter_reads_a_table_through(api: Caller, path: str, query: dict[str, str]) -> None:
    make_attempt(make_delivery(make_subscriber()))
    with noted_statements() as statements:
        assert api.get(f"{path}?{urlencode(query)}").status == 200
    asked = [(statement, parameters) for statement, parameters in statements if "LIMIT" in statement]
    steps = [step for statement, parameters in asked for step in explained(statement, parameters)]
    assert steps
    assert [step for step in steps if is_read_through(step)] == []
