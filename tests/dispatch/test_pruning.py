"""What is past its time is removed, and nothing else: compared with a plain model of the rule on random ledgers."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest
from django.db import DatabaseError, connection
from django.db.models import Model
from django.utils import timezone
from pytest_django import Settings

from dispatch import pruning
from dispatch.identifiers import new_id
from dispatch.legacy import NAMESPACE
from dispatch.models import Attempt, Delivery, Event, Replay
from dispatch.models.counter import AttemptCounter, DelayCounter, EventCounter
from dispatch.pruning import Pace, Removed, Turn, prune
from dispatch.retention import Retention
from tests.dispatch.ledger.aged import SETTLED, aged_delivery, aged_event, make_try, many_aged
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db

STATES = (*SETTLED, "pending", "claimed", "held")


@pytest.fixture(autouse=True)
def _short_retention(settings: Settings) -> None:
    settings.SWITCH_KEEP_DELIVERED_DAYS = 30
    settings.SWITCH_KEEP_DEAD_DAYS = 90


def prune_all(batch: int = 300) -> Removed:
    removed = Counter[str]()
    for step in prune(timezone.now(), batch, lambda seconds: None):
        removed.update(step)
    return +removed


def is_past(delivery: Delivery, keep: dict[str, int]) -> bool:
    """The rule for a delivery, as the documentation says it."""
    days = keep["delivered" if delivery.state == "delivered" else "dead"]
    return bool(days and delivery.settled_at and timezone.now() - delivery.settled_at > timedelta(days=days))


def should_stay(keep: dict[str, int]) -> tuple[set[Any], set[Any], set[Any]]:
    """The rule for a ledger: ids of the events, deliveries and attempts that must outlive a pruning."""
    deliveries = [each for each in Delivery.objects.all() if not is_past(each, keep)]
    wanted = {each.event_id for each in deliveries}
    age = timedelta(days=keep["delivered"])
    events = {
        each.pk
        for each in Event.objects.all()
        if each.pk in wanted or each.fan_out == "pending" or not age or timezone.now() - each.received_at < age
    }
    ids = {each.pk for each in deliveries}
    return events, ids, {each.pk for each in Attempt.objects.filter(delivery__in=ids)}


def what_is_there() -> tuple[set[Any], set[Any], set[Any]]:
    events, deliveries, attempts = (
        set(model.objects.values_list("pk", flat=True)) for model in (Event, Delivery, Attempt)
    )
    return events, deliveries, attempts


@pytest.mark.parametrize("seed", range(6))
def test_exactly_what_is_past_its_time_goes(seed: int, settings: Settings) -> None:
    chance = random.Random(seed)
    keep = {"delivered": chance.choice([30, 7, 0]), "dead": chance.choice([90, 3, 0])}
    settings.SWITCH_KEEP_DELIVERED_DAYS, settings.SWITCH_KEEP_DEAD_DAYS = keep["delivered"], keep["dead"]
    subscribers = [make_subscriber() for _ in range(3)]
    for _ in range(60):
        age = chance.choice([0.5, 2, 5, 20, 29.9, 30.1, 60, 100, 400])
        is_pending = chance.random() < 0.1
        event = aged_event(age, **({"fan_out": "pending", "matched": None} if is_pending else {}))
        for subscriber in subscribers[: chance.randrange(4)]:
            fields = {"attempts": chance.randrange(4)}
            aged_delivery(event, subscriber, chance.choice(STATES), days=age * chance.random(), **fields)
    expected = should_stay(keep)
    before = what_is_there()
    removed = prune_all(batch=chance.choice([1, 7, 300]))
    assert what_is_there() == expected
    assert removed["events"] == len(before[0]) - len(expected[0])
    assert sum(removed[state] for state in SETTLED) == len(before[1]) - len(expected[1])
    assert removed["attempts"] == len(before[2]) - len(expected[2])
    assert not prune_all(), "a second pass finds nothing"


@pytest.mark.parametrize("state", ["pending", "claimed", "held"])
def test_what_waits_is_kept_however_old_with_its_event(state: str) -> None:
    event = aged_event(1_000)
    aged_delivery(event, make_subscriber(), state)
    assert not prune_all()
    assert Event.objects.get().deliveries.count() == 1


def test_an_idempotency_key_lives_as_long_as_its_event() -> None:
    aged_event(31, idempotency_key="old")
    aged_event(29, idempotency_key="young")
    prune_all()
    assert list(Event.objects.values_list("idempotency_key", flat=True)) == ["young"]


def test_retention_of_0_days_keeps_for_ever(settings: Settings) -> None:
    settings.SWITCH_KEEP_DELIVERED_DAYS = settings.SWITCH_KEEP_DEAD_DAYS = 0
    subscriber = make_subscriber()
    for state in SETTLED:
        aged_delivery(aged_event(10_000), subscriber, state, 9_000)
    assert not prune_all()


def test_retention_of_a_century_is_no_moment_too_early_for_an_id(settings: Settings) -> None:
    settings.SWITCH_KEEP_DELIVERED_DAYS = settings.SWITCH_KEEP_DEAD_DAYS = 36_500
    aged_event(1_000)
    assert not prune_all()


def test_adopted_jobs_go_too_though_their_ids_tell_no_time() -> None:
    subscriber = make_subscriber()
    for number in range(20):  # some of these ids lie below those of today, most above
        event = aged_event(40, id=uuid5(NAMESPACE, f"{number} event"))
        aged_delivery(event, subscriber, "delivered", 35, id=uuid5(NAMESPACE, str(number)))
    recent = aged_event(1, id=uuid5(NAMESPACE, "recent"))
    assert prune_all(batch=6) == Counter(delivered=20, attempts=20, events=20)
    assert list(Event.objects.all()) == [recent]


def test_a_replays_origin_goes_and_the_replay_stays() -> None:
    subscriber, event = make_subscriber(), aged_event(100)
    origin = aged_delivery(event, subscriber, "dead", 95)
    again = aged_delivery(event, subscriber, "delivered", 1, id=new_id(), replay_of=origin)
    assert prune_all() == Counter(dead=1, attempts=1)
    again.refresh_from_db()
    assert again.replay_of_id == origin.pk


def test_a_replay_goes_after_its_last_delivery_and_its_time() -> None:
    def replay(days: float, status: str = "done") -> Replay:
        made = Replay.objects.create(status=status)
        Replay.objects.filter(pk=made.pk).update(finished_at=timezone.now() - timedelta(days=days))
        return made

    subscriber = make_subscriber()
    past, recent, running, used = replay(40), replay(20), replay(40, "running"), replay(100)
    aged_delivery(aged_event(100), subscriber, "dead", 80, replay=used)
    aged_delivery(aged_event(100), subscriber, "dead", 95, replay=past)
    assert prune_all()["replays"] == 1
    assert set(Replay.objects.all()) == {recent, running, used}


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (AttemptCounter, {"subscriber": None, "result": "200", "bucket": 1, "count": 1}),
        (EventCounter, {"author": "shop", "events": 1, "deliveries": 1}),
        (DelayCounter, {"bucket": 1, "count": 1}),
    ],
)
def test_counters_go_with_the_delivered_ones_of_their_time(model: type[Model], fields: dict[str, Any]) -> None:
    given = {"topic": "orders", **fields} | ({"subscriber": make_subscriber()} if "subscriber" in fields else {})
    for days in (1, 29, *range(31, 56)):
        model._default_manager.create(minute=timezone.now() - timedelta(days=days), **given)
    assert prune_all(batch=10) == Counter(counters=25)
    assert model._default_manager.count() == 2


def test_a_step_removes_no_more_rows_than_its_batch() -> None:
    subscriber = make_subscriber()
    many_aged(40, 50, subscriber)
    heavy = aged_delivery(aged_event(50), subscriber, "delivered", 40, attempts=30)  # more than a batch by itself
    steps = list(prune(timezone.now(), 10, lambda seconds: None))
    assert max(step.total() for step in steps) == 31
    assert sorted(step.total() for step in steps)[-2] <= 10
    assert not Delivery.objects.filter(pk=heavy.pk).exists()
    assert not Event.objects.exists()


def test_large_payloads_make_small_steps() -> None:
    for _ in range(10):
        aged_event(50, size=1 << 20)
    steps = [step["events"] for step in prune(timezone.now(), 130, lambda seconds: None) if +step]
    assert steps == [2] * 5


def test_rows_that_stay_are_looked_at_once_a_pass() -> None:
    """Else a step would have to look at more and more of them."""
    many_aged(50, 60, make_subscriber(), state="dead")
    steps = list(prune(timezone.now(), 10, lambda seconds: None))
    assert not sum(steps, Counter())
    assert 10 <= len(steps) <= 20


def test_it_rests_longer_than_it_works_and_stops_when_told() -> None:
    many_aged(50, 60, make_subscriber())
    rests: list[float] = []

    def rest(seconds: float) -> bool:
        rests.append(seconds)
        return len(rests) == 3

    assert len(list(prune(timezone.now(), 10, rest))) == 3
    assert all(seconds > 0 for seconds in rests)
    assert prune_all()["events"] == 50, "the next pass does what this one left"


@pytest.mark.parametrize(
    ("passed_seconds", "batch", "rest"),
    [(0, 10, 9.0), (59, 10, 9.0), (60, 20, 4.5), (181, 40, 2.25), (9_999, 40, 2.25)],
)
def test_a_pass_that_lasts_becomes_bolder(passed_seconds: float, batch: int, rest: float) -> None:
    times = iter([0.0, passed_seconds, passed_seconds])
    pace = Pace(10, clock=lambda: next(times))
    assert (pace.batch, pace.rest_after(1.0)) == (batch, rest)


@pytest.mark.django_db(transaction=True)
def test_a_step_cut_off_in_the_middle_leaves_the_ledger_whole() -> None:
    many_aged(20, 60, make_subscriber())

    def die(execute: Any, statement: str, *rest: Any) -> Any:
        if statement.startswith("DELETE FROM attempt"):
            raise DatabaseError("the process is gone")
        return execute(statement, *rest)

    with connection.execute_wrapper(die), pytest.raises(DatabaseError):
        prune_all(batch=10)
    assert (Event.objects.count(), Delivery.objects.count(), Attempt.objects.count()) == (20, 20, 20)
    assert prune_all(batch=10) == Counter(delivered=20, attempts=20, events=20)


def test_a_delivery_reopened_after_it_was_looked_at_keeps_its_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = aged_delivery(aged_event(100), make_subscriber(), "dead", 95)
    make_try(delivery, 2)
    look = pruning.settled_page

    def look_and_reopen(*arguments: Any) -> Any:
        page = look(*arguments)
        Delivery.objects.filter(pk=delivery.pk).update(state="pending", settled_at=None)
        return page

    monkeypatch.setattr(pruning, "settled_page", look_and_reopen)
    assert not prune_all()
    assert Attempt.objects.count() == 2


def test_an_event_replayed_after_it_was_looked_at_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    event, subscriber = aged_event(100), make_subscriber()
    other = aged_event(100)
    look = pruning.events_page

    def look_and_replay(*arguments: Any) -> Any:
        page = look(*arguments)
        if event.pk in page.removable and not event.deliveries.exists():
            aged_delivery(event, subscriber, "pending")
        return page

    monkeypatch.setattr(pruning, "events_page", look_and_replay)
    assert prune_all() == Counter(events=1)
    assert not Event.objects.filter(pk=other.pk).exists()


def test_one_prunes_at_a_time_and_an_operator_takes_over() -> None:
    first, second, operator = (Turn(new_id()) for _ in range(3))
    assert first.take()
    assert not second.take()
    operator.take_over()
    first._renewed_at = -1e9  # its renewal is due
    assert not first.keep()
    assert not first.keep(), "a refused renewal is not taken for one"
    operator.give_up()
    assert second.take()


def test_who_leaves_keeps_the_others_away_until_there_is_something_to_do() -> None:
    first, second = Turn(new_id()), Turn(new_id())
    first.take()
    first.leave(timedelta(minutes=5))
    assert not second.take()
    first.leave(timedelta(minutes=-1))
    assert second.take()


def test_cut_offs_follow_the_settings() -> None:
    now = timezone.now()
    assert Retention.at(now) == Retention(now - timedelta(days=30), now - timedelta(days=90))
    assert set(Retention.at(now).by_state) == set(SETTLED)
