"""Replays step by step: none is sent twice or left out, whoever dies, and the queue is not flooded."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from pytest_django import Settings

from dispatch import pushing
from dispatch.identifiers import new_id
from dispatch.ledger.dialect import atomic_cursor
from dispatch.ledger.replaying import move_cursor
from dispatch.models import Delivery, Replay
from dispatch.queues import open_queue
from dispatch.queues.base import Queue
from dispatch.replaying import REPLAY_DELIVERED, REPLAY_WAITING, SENT_ALREADY, SUBSCRIBER_DELETED, replay
from dispatch.replays import advancing, selecting
from dispatch.replays.advancing import advance, running
from dispatch.replays.requesting import stop
from dispatch.replays.telling import progress
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.queues.conftest import use_faktory
from tests.dispatch.replays.carrying import ask, carry_out, make_settled, replayed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "STEP", 3)
    monkeypatch.setattr(selecting, "WINDOW", 5)


@pytest.fixture
def billing() -> Subscriber:
    return make_subscriber(name="billing")


def test_all_that_match_are_sent_once_and_no_other(billing: Subscriber) -> None:
    dead = make_settled(10, billing)
    make_settled(4, billing, "delivered")
    make_settled(3, make_subscriber())
    done = carry_out(ask(subscriber=billing, state="dead"))
    assert replayed(done) == [delivery.pk for delivery in dead]
    assert (done.status, done.done, done.total, done.refused) == ("done", 10, 10, {})
    assert done.finished_at
    assert set(Delivery.objects.filter(replay=done).values_list("state", "attempts")) == {("pending", 0)}


def test_a_narrow_one_sends_what_it_is_about_in_small_steps(billing: Subscriber) -> None:
    wanted = [make_delivery(billing, state="dead", last_status=(503, 404)[each % 2]) for each in range(20)][::2]
    done = carry_out(ask(subscriber=billing, statuses=(503, 503)))
    assert replayed(done) == [delivery.pk for delivery in wanted]
    assert (done.status, done.done, done.refused) == ("done", 10, {})


@pytest.mark.parametrize("narrow", [{"statuses": (503, 503)}, {"reason": "exhausted"}, {"error": "connect"}])
def test_the_version_before_cannot_carry_out_a_narrow_one(billing: Subscriber, narrow: dict[str, Any]) -> None:
    """It moves the cursor that it knows, and would send all that the subscriber was sent."""
    [delivery] = make_settled(1, billing)
    replay = ask(subscriber=billing, **narrow)
    with pytest.raises(IntegrityError, match="replay_narrow_moves_its_own_cursor"), atomic_cursor() as cursor:
        move_cursor(cursor, replay.pk, None, delivery.pk, is_narrow=False)


def test_it_does_not_run_after_its_own_deliveries(billing: Subscriber) -> None:
    make_settled(4, billing)
    replay = ask(subscriber=billing)
    while advance(replay.pk):
        # They fail at once, and so would be chosen.
        Delivery.objects.filter(replay=replay).update(state="dead", settled_at=timezone.now(), attempts=1)
    replay.refresh_from_db()
    assert (replay.done, replay.refused) == (4, {})


def test_a_death_within_a_step_leaves_neither_its_rows_nor_its_cursor(
    billing: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = make_settled(7, billing)
    replay = ask(subscriber=billing)
    assert advance(replay.pk)
    with monkeypatch.context() as patched:
        patched.setattr(advancing, "_note", _die)
        with pytest.raises(DatabaseError):
            advance(replay.pk)
    replay.refresh_from_db()
    assert (replay.done, replay.cursor, len(replayed(replay))) == (3, dead[2].pk, 3)
    assert replayed(carry_out(replay)) == [delivery.pk for delivery in dead]


def _die(*arguments: object) -> None:
    raise DatabaseError("the connection was lost")


def test_of_two_that_step_at_once_one_leaves_it_to_the_other(
    billing: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = make_settled(6, billing)
    replay = ask(subscriber=billing)
    write = advancing._write

    def overtaken(*arguments: Any) -> bool:
        monkeypatch.setattr(advancing, "_write", write)
        assert advance(replay.pk)
        return write(*arguments)

    monkeypatch.setattr(advancing, "_write", overtaken)
    assert not advance(replay.pk)
    assert len(replayed(replay)) == 3
    assert replayed(carry_out(replay)) == [delivery.pk for delivery in dead]


def test_a_stopped_one_makes_no_more(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    make_settled(7, billing)
    replay = ask(subscriber=billing)
    assert advance(replay.pk)
    write = advancing._write

    def stopped_meanwhile(*arguments: Any) -> bool:
        assert stop(replay.pk)
        return write(*arguments)

    monkeypatch.setattr(advancing, "_write", stopped_meanwhile)
    assert not advance(replay.pk)
    assert not advance(replay.pk)
    assert running() == []
    replay.refresh_from_db()
    assert (replay.status, replay.done, len(replayed(replay))) == ("stopped", 3, 3)


def test_what_must_not_be_sent_is_counted_by_reason(billing: Subscriber) -> None:
    under_way, came_through, gone = make_settled(3, billing)
    deleted = make_subscriber()
    make_settled(2, deleted)
    deleted.delete()
    replay([under_way.pk, came_through.pk])
    Delivery.objects.filter(replay_of=came_through).update(state="delivered", settled_at=timezone.now())
    done = carry_out(ask(state="dead"))
    assert done.refused == {REPLAY_WAITING: 1, REPLAY_DELIVERED: 1, SUBSCRIBER_DELETED: 2}
    assert replayed(done) == [gone.pk]
    assert done.left_out == 4


def test_a_delivery_and_its_dead_replay_are_sent_once(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "STEP", 1)
    [first] = make_settled(1, billing)
    replay([first.pk])
    Delivery.objects.filter(replay_of=first).update(state="dead", settled_at=timezone.now())
    asked = ask(state="dead")
    assert advance(asked.pk)
    Delivery.objects.filter(replay=asked).update(state="dead", settled_at=timezone.now(), attempts=1)
    done = carry_out(asked)
    assert (done.done, done.refused) == (1, {SENT_ALREADY: 1})


def test_one_whose_first_delivery_was_pruned_keeps_its_webhook_id(billing: Subscriber) -> None:
    [first] = make_settled(1, billing)
    replay([first.pk])
    Delivery.objects.filter(replay_of=first).update(state="dead", settled_at=timezone.now())
    Delivery.objects.filter(pk=first.pk).delete()
    assert replayed(carry_out(ask(state="dead"))) == [first.pk]


def test_those_of_a_paused_subscriber_are_held_and_in_nobodys_way(
    billing: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advancing, "AHEAD", 4)
    make_settled(9, billing)
    Subscriber.objects.all().pause("it rests")
    done = carry_out(ask(subscriber=billing))
    assert (done.status, done.done, progress(done)) == ("done", 9, "9 made of 9 (100%)")
    assert set(done.deliveries.values_list("state", "reason")) == {("held", "paused")}


def test_only_so_many_wait_ahead(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "AHEAD", 4)
    dead = make_settled(9, billing)
    asked = carry_out(ask(subscriber=billing))
    assert (asked.status, asked.done) == ("running", 4)
    Delivery.objects.filter(replay=asked).update(attempts=1)  # tried, whatever came of it
    assert (carry_out(asked).done, asked.status) == (8, "running")
    Delivery.objects.filter(replay=asked).update(attempts=1)
    assert replayed(carry_out(asked)) == [delivery.pk for delivery in dead]


def test_a_rate_is_kept_from_step_to_step(billing: Subscriber) -> None:
    make_settled(9, billing)
    asked = carry_out(ask(subscriber=billing, rate_per_second=0.5))
    assert asked.done == 1, "the first need not wait"
    Replay.objects.filter(pk=asked.pk).update(advanced_at=timezone.now() - timedelta(seconds=1))
    assert carry_out(asked).done == 1
    Replay.objects.filter(pk=asked.pk).update(advanced_at=timezone.now() - timedelta(seconds=2.1))
    assert carry_out(asked).done == 2


def test_many_rows_without_a_match_are_passed(billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "EMPTY_WINDOWS", 2)
    make_settled(30, billing, "delivered")
    wanted = make_settled(1, billing, topic="rare")
    assert replayed(carry_out(ask(topic="rare"))) == [wanted[0].pk]


def test_a_replay_of_nothing_is_done_at_once() -> None:
    done = carry_out(ask(state="cancelled"))
    assert (done.status, done.done, done.total) == ("done", 0, 0)


def test_all_running_ones_are_found() -> None:
    first, second, third = (ask(state="dead") for _ in range(3))
    stop(second.pk)
    assert running() == [first.pk, third.pk]


@pytest.fixture
def broker(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    use_faktory(request, settings)
    monkeypatch.setattr(pushing, "_pusher", None)  # the process's own may serve another queue
    with closing(open_queue(new_id())) as queue:
        yield queue


@pytest.mark.faktory
@pytest.mark.django_db(transaction=True)
def test_on_faktory_a_job_is_pushed_for_each(broker: Queue, billing: Subscriber) -> None:
    make_settled(5, billing)
    done = carry_out(ask(subscriber=billing))
    assert pushing.wait_until_idle(10)
    jobs: list[Any] = []
    while len(jobs) < 5 and (fetched := broker.fetch(10, wait_seconds=2)):
        jobs += fetched
    made = set(done.deliveries.values_list("pk", flat=True))
    assert {delivery_id for job in jobs for delivery_id in job.deliveries} == made
    assert not done.deliveries.filter(queued_at=None).exists()


def test_on_the_embedded_queue_the_rows_are_the_jobs(billing: Subscriber) -> None:
    make_delivery(billing, state="dead")
    assert not carry_out(ask(state="dead")).deliveries.filter(queued_at=None).exists()
