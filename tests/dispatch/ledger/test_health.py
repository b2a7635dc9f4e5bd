"""The health rows: what is noted, who is elected to probe, what the rate limit grants; by many at once as well."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dispatch.breaker import Condition, Sign, Tally
from dispatch.ledger.health import elect_probe, note, reserve, withdraw_probe
from dispatch.ledger.loading import load_subscribers
from dispatch.models import Health
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db
for_threads = pytest.mark.django_db(transaction=True)


def failures(count: int) -> Tally:
    tally = Tally()
    for _ in range(count):
        tally.add(Sign.FAILED)
    return tally


def make_open(seconds: float = -1, breaker: str = "open") -> int:
    """A subscriber whose breaker is open until so far from now."""
    subscriber = make_subscriber()
    until = timezone.now() + timedelta(seconds=seconds)
    Health.objects.create(subscriber=subscriber, breaker=breaker, cause="failures", open_until=until)
    return int(subscriber.pk)


def test_failures_are_counted_from_batch_to_batch_until_it_opens() -> None:
    subscriber_id, now = make_subscriber().pk, timezone.now()
    for count in (4, 8):
        noted = note({subscriber_id: failures(4)}, now)
        assert noted[subscriber_id][1].failures_in_a_row == count
    assert note({subscriber_id: failures(4)}, now)[subscriber_id][1].breaker == "open"
    health = Health.objects.get(pk=subscriber_id)
    assert (health.breaker, health.cause, health.failing_since) == ("open", "failures", now)
    assert health.open_until == now + timedelta(seconds=30)


def test_a_success_clears_the_row_and_what_is_loaded_says_so() -> None:
    subscriber_id, now = make_subscriber().pk, timezone.now()
    note({subscriber_id: failures(3)}, now)
    assert load_subscribers([subscriber_id])[subscriber_id].is_watched
    well = Tally()
    well.add(Sign.WELL)
    assert note({subscriber_id: well}, now + timedelta(minutes=2))[subscriber_id][1] == Condition()
    assert not load_subscribers([subscriber_id])[subscriber_id].is_watched


def test_a_subscriber_without_a_row_is_loaded_as_well() -> None:
    subscriber = load_subscribers([make_subscriber(rate_limit_per_second=2.5).pk]).popitem()[1]
    assert (subscriber.is_shut_off, subscriber.is_watched, subscriber.open_until) == (False, False, None)
    assert subscriber.rate_limit_per_second == 2.5


@pytest.mark.parametrize(
    ("seconds", "breaker", "is_elected"),
    [(-1, "open", True), (30, "open", False), (-1, "half_open", True), (30, "half_open", False)],
)
def test_a_probe_is_elected_once_the_pause_is_over(seconds: float, breaker: str, is_elected: bool) -> None:
    subscriber_id = make_open(seconds, breaker)
    assert elect_probe(subscriber_id, timezone.now()) is is_elected
    assert not elect_probe(subscriber_id, timezone.now())


def test_a_probe_with_nothing_to_send_makes_way_for_the_next() -> None:
    subscriber_id = make_open()
    assert elect_probe(subscriber_id, timezone.now())
    withdraw_probe(subscriber_id, timezone.now())
    assert elect_probe(subscriber_id, timezone.now())


def test_a_closed_breaker_elects_nobody() -> None:
    subscriber = make_subscriber()
    Health.objects.create(subscriber=subscriber)
    assert not elect_probe(subscriber.pk, timezone.now())


def test_the_rate_limit_grants_what_it_may_and_remembers_it() -> None:
    subscriber_id, now = make_subscriber().pk, timezone.now()
    assert reserve(subscriber_id, 10, 4, now) == 4
    assert reserve(subscriber_id, 10, 50, now) == 6
    assert reserve(subscriber_id, 10, 50, now) == 0
    assert reserve(subscriber_id, 10, 50, now + timedelta(seconds=0.5)) == 5


@for_threads
def test_of_many_at_once_one_is_elected_and_no_more_granted_than_the_limit_allows() -> None:
    subscriber_id, now = make_open(), timezone.now()

    def ask(_: int) -> tuple[bool, int]:
        try:
            return elect_probe(subscriber_id, now), reserve(subscriber_id, 30, 4, now)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))
    assert sum(is_elected for is_elected, _ in answers) == 1
    assert sum(granted for _, granted in answers) == 30


@for_threads
def test_no_failure_of_many_noted_at_once_is_lost() -> None:
    ids = [make_subscriber().pk for _ in range(4)]
    now = timezone.now()

    def tell(turn: int) -> None:
        try:
            note({key: failures(1) for key in (ids if turn % 2 else reversed(ids))}, now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, range(8)))
    assert {row.window_failures for row in Health.objects.all()} == {8}
