"""Who has a backlog, what is added to it in bulk, and how it is claimed; suspects are claimed apart."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger.claiming import claim_due, claim_early, claim_named, claim_suspect, due_suspects, next_due
from dispatch.ledger.holding import backlogs, claim_held, hold_due, oldest_in_line
from dispatch.models import Delivery
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

SUSPECT = {"lost_claims": 2}


def held(reason: str = "capped", count: int = 1, **fields: Any) -> list[Delivery]:
    return make_deliveries(count, state="held", reason=reason, **fields)


def test_only_what_ends_by_itself_is_a_backlog() -> None:
    subscriber = make_subscriber()
    for reason in ("rate", "paused", "capped", "capped", "broken"):
        make_delivery(subscriber, state="held", reason=reason)
    [other] = held("throttled")
    held("paused", 3)
    make_delivery()
    found = {key: set(reasons) for key, reasons in backlogs().items()}
    assert found == {subscriber.pk: {"rate", "capped"}, other.subscriber_id: {"throttled"}}


def test_without_any_there_is_no_backlog() -> None:
    assert backlogs() == {}


def test_the_oldest_in_line_is_that_of_all_backlogs() -> None:
    assert oldest_in_line(timezone.now()) is None
    moments = [timezone.now() - timedelta(minutes=minutes) for minutes in (2, 9, 5)]
    for reason, due_at in zip(("rate", "capped", "breaker"), moments, strict=True):
        held(reason, due_at=due_at)
    held("paused", due_at=timezone.now() - timedelta(hours=1))
    assert oldest_in_line(timezone.now()) == moments[1]


@pytest.mark.parametrize(("newest", "chosen"), [(False, [0, 1]), (True, [3, 4])])
def test_the_oldest_are_claimed_first_or_the_newest(newest: bool, chosen: list[int]) -> None:
    deliveries = sorted(held(count=5), key=lambda each: each.pk)
    owner, subscriber_id = new_id(), deliveries[0].subscriber_id
    claims = claim_held(owner, subscriber_id, "capped", 2, timezone.now(), newest=newest)
    assert {claim.delivery_id for claim in claims} == {deliveries[place].pk for place in chosen}
    assert Delivery.objects.filter(state="claimed", owner=owner, reason="").count() == 2


def test_nobody_elses_and_nothing_held_for_another_reason_is_claimed() -> None:
    [mine] = held("rate")
    held("capped")
    make_delivery(mine.subscriber, state="held", reason="paused")
    claims = claim_held(new_id(), mine.subscriber_id, "rate", 10, timezone.now())
    assert [claim.delivery_id for claim in claims] == [mine.pk]


def test_a_long_line_is_held_at_once_and_what_others_wait_for_is_not() -> None:
    line = make_deliveries(300)
    later = make_delivery(line[0].subscriber, due_at=timedelta(hours=1))
    suspect = make_delivery(line[0].subscriber, **SUSPECT)
    other = make_delivery()
    assert hold_due({line[0].subscriber_id: "breaker"}, timezone.now()) == 300
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert {states[each.pk] for each in line} == {"held"}
    assert {states[each.pk] for each in (later, suspect, other)} == {"pending"}
    assert set(Delivery.objects.filter(state="held").values_list("reason", "queued_at")) == {("breaker", None)}


def test_only_so_many_of_the_longest_due_are_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.ledger.holding.LOOKED_THROUGH", 10)
    line = make_deliveries(30)
    assert hold_due({line[0].subscriber_id: "capped"}, timezone.now()) == 10


def test_a_suspect_is_claimed_by_its_own_name_alone() -> None:
    suspect, now, owner = make_delivery(failures=2, **SUSPECT), timezone.now(), new_id()
    assert claim_due(owner, 10, now) == []
    assert claim_named(owner, [suspect.pk], now) == []
    assert claim_early(owner, {suspect.pk: 2}, now) == []
    assert next_due() is None
    make_delivery(lost_claims=1)
    make_delivery(due_at=timedelta(hours=1), **SUSPECT)
    assert due_suspects(now, 10) == [(suspect.pk, suspect.subscriber_id, suspect.lost_claims)]
    [claim] = claim_suspect(owner, suspect.pk, now)
    assert claim.is_suspect
    assert claim_suspect(owner, suspect.pk, now) == []
