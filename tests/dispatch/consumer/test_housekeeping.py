"""A consumer tells that it lives and makes progress, hears the queue, and leaves nothing claimed behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.consumer import housekeeping
from dispatch.consumer.flow import Flow
from dispatch.consumer.housekeeping import RECONCILER, Housekeeper
from dispatch.identifiers import new_id
from dispatch.models import Consumer, Lease
from dispatch.queues.base import Signal
from dispatch.reconciliation import Findings, Reconciler
from tests.dispatch.ledger.rows import make_delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> list[Signal]:
    return []


@pytest.fixture
def housekeeper(heard: list[Signal]) -> Housekeeper:
    return Housekeeper(new_id(), Flow(100), 8, lambda: 3, heard.append)


def test_a_heartbeat_tells_when_it_last_made_progress(housekeeper: Housekeeper) -> None:
    moment = timezone.now() - timedelta(minutes=5)
    housekeeper.flow.progressed_at = moment
    housekeeper._keep()
    consumer = Consumer.objects.get(pk=housekeeper.owner)
    assert (consumer.progressed_at, consumer.delivered) == (moment, 3)
    housekeeper.flow.note_progress()
    housekeeper._beat()
    consumer.refresh_from_db()
    assert consumer.progressed_at > moment


def test_one_at_a_time_reconciles_and_another_when_it_has_left(
    housekeeper: Housekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[Reconciler] = []
    monkeypatch.setattr(Reconciler, "run", lambda self: passes.append(self) or Findings())
    other = Housekeeper(new_id(), Flow(100), 8, lambda: 0, lambda wish: None)
    for each in (housekeeper, other, housekeeper):
        each._keep()
    assert passes == [housekeeper.reconciler] * 2
    housekeeper._leave()
    other._keep()
    assert passes[2:] == [other.reconciler]


def test_a_reconciler_writes_its_lease_no_oftener_than_it_must(housekeeper: Housekeeper) -> None:
    housekeeper._keep()
    first = Lease.objects.get(name=RECONCILER).until
    housekeeper._keep()
    assert Lease.objects.get(name=RECONCILER).until == first
    assert housekeeping.LEASE.total_seconds() > housekeeping.RENEW_EVERY_SECONDS * 2


def test_what_is_still_claimed_when_it_leaves_is_due_again(housekeeper: Housekeeper) -> None:
    housekeeper._keep()
    delivery = make_delivery(state="claimed", owner=housekeeper.owner)
    others = make_delivery(state="claimed")
    housekeeper._leave()
    delivery.refresh_from_db()
    others.refresh_from_db()
    assert (delivery.state, delivery.queued_at, delivery.lost_claims) == ("pending", None, 0)
    assert others.state == "claimed"
    assert not Consumer.objects.filter(pk=housekeeper.owner).exists()


def test_it_hears_what_the_queue_wants(
    housekeeper: Housekeeper, heard: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeper.queue, "beat", lambda: Signal.TERMINATE)
    housekeeper._keep()
    assert heard == [Signal.TERMINATE]
