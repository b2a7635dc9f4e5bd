"""Replay: a settled delivery is sent again as a new one."""

from typing import Any

import pytest
from django.db import IntegrityError

from dispatch import pushing
from dispatch.models import Delivery, Replay
from dispatch.queues import open_queue
from dispatch.replaying import NOT_SETTLED, REPLAY_WAITING, SUBSCRIBER_DELETED, replay
from dispatch.replays.keys import Key
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.servers.faktory import FaktoryServer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["delivered", "dead", "cancelled"])
def test_a_settled_delivery_becomes_a_new_one_that_points_at_it(state: str) -> None:
    first = make_delivery(state=state, attempts=3, failures=3)
    (again,) = replay([first.pk]).deliveries
    again.refresh_from_db()
    assert (again.replay_of_id, again.event_id, again.subscriber_id) == (first.pk, first.event_id, first.subscriber_id)
    assert (again.state, again.attempts, again.failures) == ("pending", 0, 0)
    first.refresh_from_db()
    assert first.state == state


def test_a_replay_of_a_replay_points_at_the_first() -> None:
    first = make_delivery(state="dead")
    (second,) = replay([first.pk]).deliveries
    Delivery.objects.filter(pk=second.pk).update(state="dead", settled_at=second.created_at)
    (third,) = replay([second.pk]).deliveries
    assert third.replay_of_id == first.pk


@pytest.mark.parametrize("state", ["pending", "claimed"])
def test_what_is_not_settled_is_refused(state: str) -> None:
    replayed = replay([make_delivery(state=state).pk])
    assert (replayed.deliveries, dict(replayed.refused)) == ([], {NOT_SETTLED: 1})


def test_a_key_is_kept_with_what_was_replayed_and_with_nothing_else() -> None:
    key = Key("k1", "a hash")
    assert replay([make_delivery().pk], "ann", key).deliveries == []
    record = replay([make_delivery(state="dead").pk], "ann", key).record
    assert Replay.objects.get(idempotency_key="k1", content="a hash") == record
    with pytest.raises(IntegrityError):
        replay([make_delivery(state="dead").pk], "ann", key)
    assert len(replay([make_delivery(state="dead").pk], "another", key).deliveries) == 1


def test_a_second_click_does_not_send_twice() -> None:
    first = make_delivery(state="dead")
    replay([first.pk])
    assert dict(replay([first.pk]).refused) == {REPLAY_WAITING: 1}
    assert first.replays.count() == 1


def test_a_delivery_and_its_replay_chosen_together_are_sent_once() -> None:
    first = make_delivery(state="dead")
    (second,) = replay([first.pk]).deliveries
    Delivery.objects.filter(pk=second.pk).update(state="dead", settled_at=second.created_at)
    replayed = replay([first.pk, second.pk])
    assert (len(replayed.deliveries), dict(replayed.refused)) == (1, {REPLAY_WAITING: 1})


def test_nothing_is_sent_to_a_deleted_subscriber() -> None:
    subscriber = make_subscriber()
    dead = make_delivery(subscriber, state="dead")
    subscriber.delete()
    assert dict(replay([dead.pk]).refused) == {SUBSCRIBER_DELETED: 1}


def test_a_replay_for_a_paused_subscriber_is_held() -> None:
    subscriber = make_subscriber()
    dead = make_delivery(subscriber, state="dead")
    Subscriber.objects.filter(pk=subscriber.pk).pause("it rests")
    (again,) = replay([dead.pk]).deliveries
    again.refresh_from_db()
    assert (again.state, again.reason) == ("held", "paused")


def test_many_are_replayed_at_once() -> None:
    subscriber = make_subscriber()
    dead = [make_delivery(subscriber, state="dead").pk for _ in range(30)]
    assert len(replay(dead).deliveries) == 30


@pytest.mark.faktory
@pytest.mark.django_db(transaction=True)
def test_on_faktory_a_job_is_pushed_after_the_commit(
    faktory_server: FaktoryServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FAKTORY_URL = faktory_server.url
    settings.SWITCH_PRODUCTION_QUEUE = "replays"
    monkeypatch.setattr(pushing, "_pusher", None)  # the process's own may serve another queue
    dead = make_delivery(state="dead")
    (again,) = replay([dead.pk]).deliveries
    assert pushing.wait_until_idle(10)
    queue = open_queue()
    try:
        assert [job.deliveries for job in queue.fetch(10, 5.0)] == [(again.pk,)]
    finally:
        queue.close()
