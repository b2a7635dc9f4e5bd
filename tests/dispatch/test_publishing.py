"""What is stored when an event is accepted, and what an idempotency key means."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from dispatch import publishing
from dispatch.identifiers import new_id
from dispatch.ledger.dialect import is_postgres
from dispatch.models import Delivery, Event
from dispatch.payloads import to_text
from dispatch.publishing import TURN_SECONDS, Accepted, IdempotencyConflictError, NewEvent, accept, delivery_row
from subscribers import matching
from subscribers.models import Subscriber

pytestmark = pytest.mark.django_db


def new(
    data: dict[str, Any] | None = None, key: str | None = None, topic: str = "orders", author: str = "shop"
) -> NewEvent:
    data = {"body": {"total": 120}} if data is None else data
    return NewEvent(topic, author, data, to_text(data), key)


def from_text(payload: str, key: str) -> NewEvent:
    return NewEvent("orders", "shop", json.loads(payload), payload, key)


def accepted(event: NewEvent) -> Accepted:
    result = accept([event])[0]
    assert isinstance(result, Accepted)
    return result


def subscriber(expression: str = "", **fields: Any) -> Subscriber:
    found: Subscriber = Subscriber.objects.create(
        **{"topic": "orders", "filter_expression": expression, "target_url": "http://127.0.0.1:9/"} | fields
    )
    return found


def test_event_is_stored_with_a_delivery_for_each_subscriber_that_matches() -> None:
    wanted = {subscriber().pk, subscriber('data["body"]["total"] > 100').pk}
    subscriber('data["body"]["total"] > 200')
    subscriber('data["body"]["absent"] > 0')
    subscriber(topic="invoices")
    result = accepted(new())
    event = Event.objects.get(pk=result.id)
    assert (result.matched, result.is_duplicate, event.matched, event.fan_out) == (2, False, 2, "done")
    assert (event.topic, event.author, event.payload) == ("orders", "shop", '{"body":{"total":120}}')
    assert event.size == len(event.payload)
    assert {delivery.subscriber_id for delivery in event.deliveries.all()} == wanted
    assert {delivery.state for delivery in event.deliveries.all()} == {"pending"}


def test_size_of_an_event_counts_bytes_not_characters() -> None:
    assert Event.objects.get(pk=accepted(new({"body": "ü€"})).id).size == len('{"body":"ü€"}'.encode())


def test_event_that_nobody_wants_is_stored_with_no_match() -> None:
    result = accepted(new())
    assert result.matched == 0
    assert Event.objects.get(pk=result.id).matched == 0


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"state": Subscriber.State.PAUSED}, "paused", id="paused"),
        pytest.param({"filter_expression": "data["}, "broken", id="filter-broken"),
    ],
)
def test_delivery_to_a_subscriber_that_cannot_take_it_now_is_held(fields: dict[str, Any], reason: str) -> None:
    subscriber(**fields)
    result = accepted(new())
    delivery = Delivery.objects.get(event=result.id)
    assert (result.matched, delivery.state, delivery.reason) == (1, "held", reason)


def test_event_and_deliveries_are_stored_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("disk I/O error")

    subscriber()
    monkeypatch.setattr(publishing, "insert_deliveries", fail)
    with pytest.raises(OperationalError):
        accept([new(key="k")])
    assert not Event.objects.exists()


@pytest.mark.skipif(not is_postgres(), reason="on SQLite there is no such statement")
def test_one_statement_stores_event_and_deliveries_or_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber()
    with monkeypatch.context() as patched:
        always = new_id()
        patched.setattr(publishing, "delivery_row", lambda event, to: delivery_row(event, to)._replace(id=always))
        with pytest.raises(IntegrityError, match="delivery_pkey"):
            accept([new(), new()])
    assert not Event.objects.exists()
    assert accepted(new()).matched == 1


def test_many_events_are_stored_in_the_same_few_statements_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    subscriber()
    accept([new()])
    # Savepoint, events, deliveries, release; Postgres writes both by one statement.
    with django_assert_num_queries(3 if is_postgres() else 4):
        results = accept([new() for _ in range(50)])
    assert len({result.id for result in results if isinstance(result, Accepted)}) == 50
    assert Delivery.objects.count() == 51


def test_change_of_a_subscriber_holds_for_the_next_publish() -> None:
    first = subscriber()
    assert accepted(new()).matched == 1
    first.topic = "invoices"
    first.save()
    assert accepted(new()).matched == 0
    subscriber()
    subscriber()
    result = accepted(new())
    assert result.matched == 2
    assert Event.objects.get(pk=result.id).matched == 2
    assert Delivery.objects.filter(event=result.id).count() == 2


def test_event_goes_to_those_of_its_topic_and_of_patterns() -> None:
    ids = [subscriber(topic=topic).pk for topic in ("orders", "ord*", "*", "orders.*", "invoices")]
    result = accepted(new())
    assert result.matched == 3
    assert sorted(Delivery.objects.values_list("subscriber_id", flat=True)) == ids[:3]


def test_wide_event_is_answered_before_its_deliveries_are_written(settings: Settings) -> None:
    settings.SWITCH_FAN_OUT_LIMIT = 2
    for _ in range(2):
        subscriber()
    assert accepted(new()).matched == 2
    subscriber()
    result = accepted(new())
    event = Event.objects.get(pk=result.id)
    assert (result.matched, event.matched, event.fan_out) == (None, None, "pending")
    assert not event.deliveries.exists()


def test_event_that_few_of_many_want_is_not_wide(settings: Settings) -> None:
    settings.SWITCH_FAN_OUT_LIMIT = 2
    for number in range(20):
        subscriber(filter_expression=f'data["body"] == {number}')
    result = accepted(new(data={"body": 7}))
    assert (result.matched, Delivery.objects.count()) == (1, 1)


def test_same_key_again_gets_the_first_answer_and_sends_nothing_twice() -> None:
    subscriber()
    first = accepted(new(key="k"))
    subscriber()
    assert accepted(new(key="k")) == Accepted(first.id, "orders", 1, is_duplicate=True)
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 1)


def test_events_without_a_key_are_never_duplicates() -> None:
    assert accepted(new()).id != accepted(new()).id


def test_key_belongs_to_its_author() -> None:
    first, second = accepted(new(key="k", author="shop")), accepted(new(key="k", author="mill"))
    assert first.id != second.id
    assert not second.is_duplicate


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param('{"body":{"b":[1,2],"a":"ü"}}', id="same-text"),
        pytest.param('{"body": {"b": [1, 2], "a": "ü"}}', id="white-space"),
        pytest.param('{"body":{"a":"ü","b":[1,2]}}', id="order-of-keys"),
        pytest.param('{"body":{"b":[1,2],"a":"\\u00fc"}}', id="escapes"),
    ],
)
def test_same_content_written_otherwise_is_a_duplicate(payload: str) -> None:
    first = accepted(from_text('{"body":{"b":[1,2],"a":"ü"}}', "k"))
    assert accepted(from_text(payload, "k")) == Accepted(first.id, "orders", 0, is_duplicate=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param('{"body":1}', '{"body":2}', id="other-value"),
        pytest.param('{"body":1}', '{"body":true}', id="true-is-not-1"),
        pytest.param('{"body":[0]}', '{"body":[false]}', id="false-is-not-0"),
        pytest.param('{"body":0.1}', '{"body":0.10000000000000000001}', id="digits-beyond-a-float"),
        pytest.param('{"body":1e400}', '{"body":2e400}', id="numbers-beyond-a-float"),
        pytest.param('{"body":1}', '{"body":"1"}', id="other-type"),
        pytest.param('{"body":[1,2]}', '{"body":[2,1]}', id="order-of-a-list"),
        pytest.param('{"body":1}', '{"body":1,"headers":{}}', id="another-field"),
    ],
)
def test_same_key_with_another_content_is_a_conflict(first: str, second: str) -> None:
    stored = accepted(from_text(first, "k"))
    result = accept([from_text(second, "k")])[0]
    assert isinstance(result, IdempotencyConflictError)
    assert result.event_id == stored.id
    assert "'k'" in str(result)
    assert Event.objects.get().payload == first


def test_same_key_on_another_topic_is_a_conflict() -> None:
    accepted(new(key="k"))
    assert isinstance(accept([new(key="k", topic="invoices")])[0], IdempotencyConflictError)


def test_a_first_answer_that_cannot_be_found_stores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the commit it would say of stored events that they are not, and who repeats them has them twice."""
    accept([new(key="k")])

    def is_gone(event: NewEvent) -> Accepted:
        raise Event.DoesNotExist

    monkeypatch.setattr(publishing, "_answer_again", is_gone)
    with pytest.raises(Event.DoesNotExist):
        accept([new(), new(key="k")])
    assert Event.objects.count() == 1


def test_duplicates_within_a_batch_are_stored_once() -> None:
    subscriber()
    first, again, other, conflict = accept([new(key="k"), new(key="k"), new(key="l"), new({"body": 1}, key="k")])
    assert isinstance(first, Accepted)
    assert again == Accepted(first.id, "orders", 1, is_duplicate=True)
    assert isinstance(other, Accepted)
    assert not other.is_duplicate
    assert isinstance(conflict, IdempotencyConflictError)
    assert (Event.objects.count(), Delivery.objects.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_same_key_from_many_at_once_is_stored_once() -> None:
    def publish(number: int) -> Accepted:
        try:
            return accepted(new(key="k"))
        finally:
            connection.close()

    subscriber(state=Subscriber.State.PAUSED)  # so there is nothing to push, by a thread that outlives the test
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(publish, range(24)))
    assert Counter(result.is_duplicate for result in results) == {False: 1, True: 23}
    assert {result.id for result in results} == {Event.objects.get().pk}
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_publish_inside_a_transaction_waits_for_no_thread_that_waits_for_it() -> None:
    def publish() -> Accepted:
        try:
            return accepted(new())
        finally:
            connection.close()

    matching.newest()
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Subscriber.objects.filter(pk=0).update(name="")  # has SQLite's write lock
        other = pool.submit(publish)
        time.sleep(0.3)  # by now it waits for the lock
        accepted(new())
    assert not other.result().is_duplicate
    assert time.monotonic() - begun < TURN_SECONDS
    assert Event.objects.count() == 2
