"""The command adds what the admin would accept, and names the field that it would not."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dispatch.models import Replay
from subscribers.models import Subscriber
from tests.dispatch.replays.carrying import make_past_event

pytestmark = pytest.mark.django_db


def test_subscriber_is_added_as_told() -> None:
    output = StringIO()
    arguments = ["order.created", "http://billing:8000/:id", "--filter", 'data["a"] == 1', "--name", "Billing"]
    call_command("subscribe", *arguments, stdout=output, no_color=True)
    subscriber = Subscriber.objects.get()
    assert (subscriber.topic, subscriber.target_url) == ("order.created", "http://billing:8000/:id")
    assert (subscriber.filter_expression, subscriber.name) == ('data["a"] == 1', "Billing")
    assert subscriber.state == Subscriber.State.ACTIVE
    assert output.getvalue() == f"Subscriber {subscriber.pk} hears of order.created.\n"


@pytest.mark.parametrize(
    ("arguments", "doubt"),
    [
        ([" lead"], "Is the topic the one you mean? The blanks around ' lead' are part of it"),
        (["lead", "--filter", 'data["total"] > 1,000'], "Is the filter the one you mean? "),
    ],
)
def test_a_slip_is_added_with_a_warning(arguments: list[str], doubt: str) -> None:
    topic, *more = arguments
    output, errors = StringIO(), StringIO()
    call_command("subscribe", topic, "http://billing/", *more, stdout=output, stderr=errors, no_color=True)
    assert Subscriber.objects.get().topic == topic
    assert errors.getvalue().startswith(doubt)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["", "http://billing/"], "topic"),
        (["a", "ftp://billing/"], "target_url"),
        (["a", "http://billing/", "--filter", "data["], "filter_expression"),
    ],
    ids=["empty topic", "scheme that is not sent to", "broken filter"],
)
def test_wrong_value_is_told_by_its_field(arguments: list[str], field: str) -> None:
    with pytest.raises(CommandError, match=f"^{field}: "):
        call_command("subscribe", *arguments)
    assert not Subscriber.objects.exists()


def test_a_name_that_is_taken_is_told_in_a_sentence() -> None:
    call_command("subscribe", "a", "http://billing/", "--name", "Billing", stdout=StringIO())
    with pytest.raises(CommandError) as refused:
        call_command("subscribe", "b", "http://billing/", "--name", "Billing")
    assert str(refused.value) == "Another subscriber has this name."


def test_past_events_are_asked_for() -> None:
    make_past_event(timedelta(hours=1), topic="order.created")
    output = StringIO()
    call_command(
        "subscribe", "order.created", "http://billing/", "--since", "2h", "--rate", "20", stdout=output, no_color=True
    )
    replay = Replay.objects.get()
    assert (replay.kind, replay.subscriber, replay.topic) == ("backfill", Subscriber.objects.get(), "order.created")
    assert (replay.total, replay.rate_per_second) == (1, 20)
    assert f"Past events to look at: 1. The consumers send them: replay {replay.pk}." in output.getvalue()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--since", "whenever"], "is no time"),
        (["--since", "2999-01-01"], "time span is empty"),
        (["--rate", "5"], "needs --since"),
    ],
)
def test_a_wrong_start_adds_no_subscriber(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("subscribe", "order.created", "http://billing/", *arguments)
    assert not Subscriber.objects.exists()
