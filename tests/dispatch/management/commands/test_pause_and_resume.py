"""Pausing and resuming from the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dispatch.models import Delivery
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output, no_color=True)
    return output.getvalue()


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_subscriber_is_paused_and_resumed(by: str) -> None:
    subscriber = make_subscriber(name="billing")
    called = "billing" if by == "name" else str(subscriber.pk)
    assert "billing is paused." in run("pause", called, "--reason", "it moves house")
    subscriber.refresh_from_db()
    assert (subscriber.state, subscriber.state_reason) == ("paused", "it moves house")
    assert "was paused already: it moves house" in run("pause", called)
    assert "What was held is sent" in run("resume", called)
    subscriber.refresh_from_db()
    assert subscriber.state == "active"
    assert "billing is not paused." in run("resume", called)


def test_without_a_reason_the_pause_tells_who_it_was() -> None:
    make_subscriber(name="billing")
    run("pause", "billing")
    assert Subscriber.objects.get().state_reason.startswith("Paused by ")


def test_what_was_held_is_discarded_on_demand() -> None:
    subscriber = make_subscriber(name="billing", state="paused")
    make_delivery(subscriber, state="held", reason="paused")
    assert "Discarded: 1." in run("resume", "billing", "--discard")
    assert Delivery.objects.get().reason == "discarded"


def test_a_rate_limit_comes_with_the_resumption() -> None:
    make_subscriber(name="billing", state="paused", rate_limit_per_second=7)
    with pytest.raises(CommandError, match="is no rate"):
        run("resume", "billing", "--rate", "0")
    run("resume", "billing", "--rate", "2.5")
    subscriber = Subscriber.objects.get()
    assert (subscriber.state, subscriber.rate_limit_per_second) == ("active", 2.5)


@pytest.mark.parametrize("command", ["pause", "resume"])
@pytest.mark.parametrize("called", ["nobody", "77", "9" * 40, "٣", ""])
def test_an_unknown_subscriber_is_told(command: str, called: str) -> None:
    make_subscriber()
    with pytest.raises(CommandError, match="There is no subscriber with the name or id"):
        run(command, called)


def test_an_id_goes_before_a_name() -> None:
    first = make_subscriber()
    make_subscriber(name=str(first.pk))
    named = make_subscriber(name="4711000")
    run("pause", str(first.pk))
    run("pause", "4711000")
    assert list(Subscriber.objects.paused().order_by("pk")) == [first, named]


def test_a_deleted_one_is_unknown() -> None:
    make_subscriber(name="billing").delete()
    with pytest.raises(CommandError):
        run("resume", "billing")
