"""Outcomes are written under their owner only, many at once, and one bad row spoils no other."""

from typing import Any

import pytest
from django.db import DataError, IntegrityError
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger.claiming import claim_named
from dispatch.ledger.dialect import is_postgres
from dispatch.ledger.settling import AttemptRow, Settlement, settle, settle_one_by_one
from dispatch.models import Attempt, Delivery
from tests.dispatch.ledger.rows import make_deliveries, make_delivery

pytestmark = pytest.mark.django_db

OWNER = new_id()


def a_settlement(delivery: Delivery, attempt: dict[str, Any] | None = None, **fields: Any) -> Settlement:
    now = timezone.now()
    settlement = Settlement(
        delivery_id=delivery.pk,
        state="delivered",
        reason="",
        attempts=1,
        failures=0,
        deferred_seconds=0.0,
        due_at=delivery.due_at,
        queued_at=now,
        last_status=200,
        last_error="",
        settled_at=now,
        attempt=an_attempt(**(attempt or {})),
    )
    return settlement._replace(**fields)


def an_attempt(**fields: Any) -> AttemptRow:
    row = AttemptRow(1, timezone.now(), "POST", "http://a/", "a: b", 200, "", "", "c: d", "ok", None, 1.5, None, 2.5, 3)
    return row._replace(**fields)


def claimed(**fields: Any) -> Delivery:
    delivery = make_delivery(**fields)
    claim_named(OWNER, [delivery.pk], timezone.now())
    return delivery


def test_an_outcome_is_written_with_its_attempt_and_ends_the_claim() -> None:
    delivery = claimed()
    settlement = a_settlement(delivery, last_error="none", deferred_seconds=1.5)
    assert settle(OWNER, [settlement]) == {delivery.pk}
    delivery.refresh_from_db()
    assert (delivery.state, delivery.owner, delivery.lease_until) == ("delivered", None, None)
    assert (delivery.attempts, delivery.last_status, delivery.last_error) == (1, 200, "none")
    assert (delivery.settled_at, delivery.deferred_seconds) == (settlement.settled_at, 1.5)
    attempt = Attempt.objects.get(delivery=delivery)
    assert settlement.attempt is not None
    kept = {name: getattr(attempt, name) for name in AttemptRow._fields}
    assert kept == {name: getattr(settlement.attempt, name) for name in AttemptRow._fields}


def test_what_was_not_tried_has_no_attempt() -> None:
    delivery = claimed()
    settlement = a_settlement(delivery, state="held", reason="paused", settled_at=None, attempts=0)
    settle(OWNER, [settlement._replace(attempt=None)])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("held", "paused")
    assert not Attempt.objects.exists()


def test_what_came_last_stays_of_one_that_was_not_tried_and_is_renewed_of_the_others() -> None:
    held, tried = claimed(last_status=503, last_error="HTTP 503"), claimed(last_status=503, last_error="HTTP 503")
    hold = a_settlement(held, state="held", reason="paused", settled_at=None, last_status=None, last_error=None)
    settle(OWNER, [hold._replace(attempt=None), a_settlement(tried)])
    held.refresh_from_db()
    tried.refresh_from_db()
    assert (held.state, held.last_status, held.last_error) == ("held", 503, "HTTP 503")
    assert (tried.state, tried.last_status, tried.last_error) == ("delivered", 200, "")


@pytest.mark.parametrize(
    "fields", [{"state": "claimed"}, {"state": "cancelled"}, {}], ids=["another's", "settled", "due"]
)
def test_an_owner_that_lost_its_claim_changes_nothing_but_leaves_its_attempt(fields: dict[str, Any]) -> None:
    """The request was sent, and that is to be seen."""
    delivery = make_delivery(**fields)
    before = (delivery.state, delivery.owner, delivery.last_status)
    assert settle(OWNER, [a_settlement(delivery)]) == set()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.owner, delivery.last_status) == before
    assert Attempt.objects.filter(delivery=delivery).count() == 1


def test_an_attempt_number_that_is_taken_keeps_its_first_attempt() -> None:
    delivery = claimed()
    settle(OWNER, [a_settlement(delivery, attempt={"response_body": "first"})])
    assert settle(OWNER, [a_settlement(delivery, attempt={"response_body": "second"})]) == set()
    assert [attempt.response_body for attempt in Attempt.objects.all()] == ["first"]


def test_some_lost_among_many_are_told_apart() -> None:
    deliveries = make_deliveries(600)
    ours = {delivery.pk for delivery in deliveries[::2]}
    claim_named(OWNER, list(ours), timezone.now())
    assert settle(OWNER, [a_settlement(delivery) for delivery in deliveries]) == ours
    assert Delivery.objects.filter(state="delivered").count() == 300


def test_more_rows_than_one_statement_takes_are_written() -> None:
    deliveries = make_deliveries(3_000)
    claim_named(OWNER, [delivery.pk for delivery in deliveries], timezone.now())
    assert len(settle(OWNER, [a_settlement(delivery) for delivery in deliveries])) == 3_000
    assert Attempt.objects.count() == 3_000


BAD = [
    pytest.param({"attempt": {"response_body": "\ud800"}}, id="half a character"),
    pytest.param({"attempt": {"status": None}}, id="neither status nor error"),
    pytest.param({"settled_at": None}, id="settled without a time"),
    pytest.param({"state": "lost"}, id="an unknown state"),
]


@pytest.mark.parametrize("fields", BAD)
def test_a_row_that_the_database_refuses_spoils_no_other(fields: dict[str, Any]) -> None:
    good, bad, last = claimed(), claimed(), claimed()
    batch = [a_settlement(good), a_settlement(bad, **fields), a_settlement(last)]
    with pytest.raises((ValueError, DataError, IntegrityError)):
        settle(OWNER, batch)
    assert Attempt.objects.count() == 0
    ours, refused = settle_one_by_one(OWNER, batch)
    assert ours == {good.pk, last.pk}
    assert set(refused) == {bad.pk}
    assert {attempt.delivery_id for attempt in Attempt.objects.all()} == {good.pk, last.pk}
    bad.refresh_from_db()
    assert (bad.state, bad.owner) == ("claimed", OWNER)


def test_nul_in_one_row_spoils_no_other() -> None:
    """Only Postgres refuses it; nothing of ours sends it, as texts are escaped before."""
    good, bad = claimed(), claimed()
    ours, refused = settle_one_by_one(OWNER, [a_settlement(good), a_settlement(bad, {"response_body": "a\x00b"})])
    assert good.pk in ours
    assert set(refused) == ({bad.pk} if is_postgres() else set())
