"""Why a subscriber got an event, or did not: each cause, on rows as the hub leaves them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dispatch.models import Delivery, Event
from dispatch.why_not import Answer, Cause, why
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

AGO = timedelta(hours=-1)


def asked(event_fields: dict[str, Any] | None = None, **fields: Any) -> Answer:
    """Of an event that came after the subscriber."""
    given = {"filter_expression": 'data["body"]["total"] > 100', **fields}
    subscriber = make_subscriber(**given)
    event = make_event(received_at=timezone.now() + timedelta(seconds=5), **(event_fields or {}))
    return why(event, subscriber)


def test_a_delivery_is_the_answer_where_there_is_one() -> None:
    delivery = make_delivery(state="held", reason="paused")
    answer = why(delivery.event, delivery.subscriber)
    assert (answer.cause, answer.delivery, answer.is_taken) == (Cause.DELIVERY, delivery, True)


def test_a_replay_alone_is_not_taken_for_the_delivery() -> None:
    first = make_delivery(state="dead")
    make_delivery(first.subscriber, first.event, replay_of=first)
    assert why(first.event, first.subscriber).delivery == first


def test_the_clause_that_is_false_is_named() -> None:
    answer = asked(filter_expression='data["body"]["total"] > 100 and data["body"]["total"] < 120')
    assert answer.cause is Cause.FALSE
    assert [part.text for part in answer.now.blamed] == ['data["body"]["total"] < 120']
    assert answer.known.expression == 'data["body"]["total"] > 100 and data["body"]["total"] < 120'


def test_what_cannot_be_judged_is_unknown_and_says_why() -> None:
    answer = asked(filter_expression='data["body"]["sum"] > 100')
    assert answer.cause is Cause.UNKNOWN
    [blamed] = answer.now.blamed
    assert "sum" in blamed.unknown


@pytest.mark.parametrize(
    ("topic", "is_wanted"), [("orders", True), ("Orders", False), ("ord*", True), ("paid*", False)]
)
def test_another_topic_is_told_apart_also_for_patterns(topic: str, is_wanted: bool) -> None:
    answer = asked(topic=topic, filter_expression="False")
    assert answer.cause is (Cause.FALSE if is_wanted else Cause.OTHER_TOPIC)


def test_a_subscriber_that_came_later_is_told_and_not_as_changed() -> None:
    answer = why(make_event(received_at=AGO), make_subscriber())
    assert answer.cause is Cause.LATER
    assert answer.known.expression is None
    assert answer.known.how == "The subscriber was not there yet when the event came."


def test_a_subscriber_that_was_deleted_before_is_told() -> None:
    subscriber = make_subscriber()
    subscriber.delete()
    answer = why(make_event(received_at=timezone.now() + timedelta(seconds=5)), Subscriber.objects.get())
    assert answer.cause is Cause.DELETED


@pytest.mark.parametrize(("cursor", "cause"), [(0, Cause.FAN_OUT), (1 << 40, Cause.CHANGED)])
def test_a_pending_fan_out_has_not_come_to_it_yet(cursor: int, cause: Cause) -> None:
    fields = {"fan_out": Event.FanOut.PENDING, "matched": None, "fan_out_cursor": cursor}
    assert asked(fields).cause is cause


def test_a_broken_filter_is_pointed_at() -> None:
    answer = asked(filter_expression="data[")
    assert answer.cause is Cause.BROKEN
    assert "^" in answer.now.problem
    assert answer.now.tree is None


def changed_since(**change: Any) -> Answer:
    """Of an event that came before the subscriber was changed; its first filter did not take the event."""
    subscriber = make_subscriber(filter_expression="False")
    Subscriber.objects.filter(pk=subscriber.pk).update(created_at=timezone.now() - timedelta(days=1))
    event = make_event(received_at=timezone.now())
    Subscriber.objects.filter(pk=subscriber.pk).update(**change)
    return why(event, Subscriber.objects.get(pk=subscriber.pk))


def test_a_filter_that_was_changed_since_is_told_by_the_history() -> None:
    answer = changed_since(filter_expression="")
    assert (answer.cause, answer.known.expression) == (Cause.FALSE, "False")
    assert answer.then is not None
    assert (answer.then.verdict, answer.now.verdict) == ("false", "true")
    assert "history" in answer.known.how


def test_a_topic_that_was_changed_since_is_told_by_the_history() -> None:
    answer = changed_since(topic="invoices")
    assert (answer.cause, answer.known.topic) == (Cause.FALSE, "orders")


def test_where_no_history_tells_it_todays_filter_is_not_taken_for_the_one_of_then() -> None:
    subscriber = make_subscriber(filter_expression="")
    Subscriber.objects.filter(pk=subscriber.pk).update(created_at=timezone.now() - timedelta(days=1))
    Subscriber.history.all().delete()
    answer = why(make_event(received_at=AGO), Subscriber.objects.get(pk=subscriber.pk))
    assert (answer.cause, answer.known.expression) == (Cause.CHANGED, None)
    assert answer.known.how.startswith("The subscriber was last changed at")


def test_a_delivery_of_the_same_revision_had_the_filter_of_today() -> None:
    subscriber = make_subscriber(filter_expression="True")
    subscriber.refresh_from_db()
    event = make_event(received_at=AGO)
    same = make_delivery(subscriber, event, subscriber_revision=subscriber.revision)
    assert why(event, subscriber).known.expression == "True"
    Delivery.objects.filter(pk=same.pk).update(subscriber_revision=subscriber.revision - 1)
    Subscriber.history.all().delete()
    known = why(event, subscriber).known
    assert known.expression is None
    assert f"revision {subscriber.revision - 1}" in known.how


def test_secrets_of_the_event_are_masked_in_the_answer() -> None:
    answer = asked({"payload": '{"headers": {"Authorization": "hunter2"}}'}, filter_expression='data["headers"] == 1')
    assert "hunter2" not in repr(answer.now)
