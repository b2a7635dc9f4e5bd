"""A text on SQLite that is not UTF-8 is no database that is away: it is mended when it is met, and nobody waits."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.consumer import feeding, mending
from dispatch.consumer.feeding import Feeder
from dispatch.consumer.flow import Flow
from dispatch.consumer.housekeeping import Housekeeper
from dispatch.consumer.patience import Patience
from dispatch.consumer.replayer import Replayer
from dispatch.identifiers import new_id
from dispatch.ledger.dialect import is_postgres
from dispatch.models import Delivery, Replay
from dispatch.replays.requesting import backfill_wish, request
from subscribers.models import Subscriber
from tests.dispatch.consumer.damaging import embedded_feeder, sent, spoil
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.replays.carrying import ask, make_past_event, make_settled

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(is_postgres(), reason="Postgres holds nothing that the types of its columns forbid"),
]


@pytest.fixture
def feeder() -> Feeder:
    return embedded_feeder()


@pytest.fixture
def _never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the database does so in vain: it is not away."""

    def fail(self: Patience, error: Exception) -> None:
        pytest.fail(f"waits for {self.name}: {error}")

    monkeypatch.setattr(Patience, "failed", fail)


@pytest.mark.usefixtures("_never_waits")
@pytest.mark.parametrize(
    ("table", "column"),
    [("event", "payload"), ("event", "topic"), ("event", "attributes"), ("delivery", "id")],
)
def test_what_a_text_that_nobody_can_read_spoils_is_sent_once_it_is_mended(
    feeder: Feeder, table: str, column: str
) -> None:
    damaged, healthy = make_delivery(), make_delivery()
    spoil(table, column, damaged.pk if table == "delivery" else damaged.event_id)
    found = sent(feeder)
    assert healthy.pk in found
    assert len(found) == 2


@pytest.mark.usefixtures("_never_waits")
def test_a_subscriber_whose_url_nobody_can_read_is_paused_with_the_reason(feeder: Feeder) -> None:
    damaged, healthy = make_delivery(), make_delivery()
    spoil("subscriber", "target_url", damaged.subscriber_id)
    assert sent(feeder) == {healthy.pk}
    assert "(target_url)" in Subscriber.objects.get(pk=damaged.subscriber_id).state_reason


def test_a_text_that_nobody_can_read_and_mending_does_not_cure_is_waited_for(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a database that is away: it may be another process's turn, or the doctor's."""
    waited: list[Exception] = []

    def stop_waiting(self: Patience, error: Exception) -> None:
        waited.append(error)
        feeder.flow.is_stopping.set()

    monkeypatch.setattr(Patience, "failed", stop_waiting)
    monkeypatch.setattr(mending, "mend_damage", lambda now, with_newest: Counter())
    spoil("event", "topic", make_delivery().event_id)
    monkeypatch.setattr(feeding.connection, "close", lambda: None)
    assert sent(feeder) == set()
    assert waited


@pytest.mark.usefixtures("_never_waits")
def test_a_replay_goes_on_behind_a_text_that_nobody_can_read() -> None:
    subscriber = make_subscriber()
    event = make_past_event(timedelta(hours=1))
    spoil("event", "payload", event.pk)
    replay = request(backfill_wish(subscriber, timezone.now() - timedelta(hours=2)), "tests")
    replayer = Replayer(new_id(), Flow(100))
    for _ in range(4):
        replayer._look()
    assert [each.event_id for each in replay.deliveries.all()] == [event.pk]


@pytest.mark.usefixtures("_never_waits")
def test_a_replay_that_mending_does_not_help_stops_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "mend_damage", lambda now, with_newest: Counter())
    spoil("event", "payload", make_past_event(timedelta(hours=1)).pk)
    bad = request(backfill_wish(make_subscriber(), timezone.now() - timedelta(hours=2)), "tests")
    settled = make_settled(1, make_subscriber(topic="others"), topic="others")
    good = ask(topic="others")
    replayer = Replayer(new_id(), Flow(100))
    for _ in range(4):
        replayer._look()
    assert Replay.objects.get(pk=bad.pk).status == "stopped"
    assert Replay.objects.get(pk=good.pk).status == "done"
    assert Delivery.objects.filter(replay_of=settled[0].pk).count() == 1


@pytest.mark.usefixtures("_never_waits")
def test_a_reconciler_goes_on_behind_a_filter_that_nobody_can_read() -> None:
    held = make_delivery(state="held", reason="broken")
    spoil("subscriber", "filter_expression", held.subscriber_id)
    Housekeeper(new_id(), Flow(100), 8, int, lambda wish: None)._turn()
    assert "(filter_expression)" in Subscriber.objects.get().state_reason
