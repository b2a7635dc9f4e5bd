"""`manage.py tail`: events and outcomes, each once, narrowed and masked as asked."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries, Settings

from dispatch import following
from dispatch.following import Follower
from dispatch.models import Delivery
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db


def told(*arguments: str) -> str:
    output = StringIO()
    call_command("tail", "--seconds", "0", *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def delivered() -> Delivery:
    subscriber = make_subscriber(name="billing")
    event = make_event(payload='{"body":{"total":4711,"password":"hunter2"}}')
    delivery = make_delivery(subscriber, event, state="delivered", attempts=2)
    make_attempt(delivery, number=2, status=200, total_ms=17.0)
    return delivery


def test_it_begins_with_the_last_ones_a_line_each(delivered: Delivery) -> None:
    event, outcome = sorted(told().splitlines(), key=lambda line: "delivered" in line)
    assert f"event     orders  by shop  1 matched  {delivered.event_id}" in event
    assert f"delivered orders  → billing  200  17 ms  attempt 2  {delivered.pk}" in outcome
    assert told("--last", "0") == ""


@pytest.mark.parametrize(
    ("arguments", "events", "outcomes"),
    [
        (["--topic", "orders"], 1, 1),
        (["--topic", "stock"], 0, 0),
        (["--topic", "ord*"], 1, 1),
        (["--topic", "*"], 1, 1),
        (["--topic", "Ord*"], 0, 0),
        (["--subscriber", "billing"], 0, 1),
        (["--subscriber", "other"], 0, 0),
        (["--state", "delivered"], 0, 1),
        (["--state", "dead"], 0, 0),
    ],
)
def test_it_is_narrowed(delivered: Delivery, arguments: list[str], events: int, outcomes: int) -> None:
    make_subscriber(name="other")
    lines = told(*arguments).splitlines()
    assert [sum(word in line for line in lines) for word in ("event ", "→ billing")] == [events, outcomes]


@pytest.mark.parametrize(("topic", "is_told"), [("orders", False), ("ord*", False), ("order", True), ("stock.*", True)])
def test_a_topic_without_events_is_told_once(delivered: Delivery, topic: str, is_told: bool) -> None:
    errors = StringIO()
    call_command("tail", "--seconds", "0", "--topic", topic, stdout=StringIO(), stderr=errors)
    sentence = f"No event has been published on {topic} yet; waiting.\n"
    assert errors.getvalue() == (sentence if is_told else "")


def test_an_attempt_is_told_by_its_own_outcome(delivered: Delivery) -> None:
    make_attempt(delivery=delivered, number=1, status=500)
    assert sorted(text.split()[1] for text in told("--subscriber", "billing").splitlines()) == ["delivered", "failed"]


def test_the_outcomes_of_a_subscriber_show_payloads(delivered: Delivery) -> None:
    (outcome,) = told("--subscriber", "billing", "--payloads").splitlines()
    assert outcome.endswith('{"body":{"total":4711,"password":"***"}}')


def test_payloads_are_shown_when_asked_for_and_masked_by_the_setting(delivered: Delivery, settings: Settings) -> None:
    assert "4711" not in told()
    shown = told("--payloads")
    assert '{"body":{"total":4711,"password":"***"}}' in shown
    settings.SWITCH_MASK_PAYLOADS = True
    hidden = told("--payloads")
    assert '{"body":{"total":"***"' in hidden
    assert "4711" not in hidden


def test_an_error_is_told_without_what_could_steer_the_terminal() -> None:
    make_attempt(make_delivery(), status=None, error_kind="connect", error="Nobody \x1b[31mis there.")
    assert "Nobody \\x1b[31mis there." in told()


def test_each_look_tells_what_was_there_at_the_look_before(delivered: Delivery) -> None:
    follower = Follower()
    follower.begin(0)
    assert follower.look().happenings == []
    second = make_event()
    make_attempt(make_delivery(event=second), status=500)
    assert follower.look().happenings == [], "another row of a lesser id may still become visible"
    assert [each.event for each in follower.look().happenings] == [second.pk, second.pk]
    assert follower.look().happenings == []


def test_what_comes_too_quickly_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "AT_ONCE", 2)
    follower = Follower()
    follower.begin(0)
    for _ in range(5):
        make_event()
    follower.look()
    looked = follower.look()
    assert (len(looked.happenings), looked.skipped) == (2, 3)
    assert follower.look().happenings == []


def test_a_look_asks_little(delivered: Delivery, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    follower = Follower(with_payload=True)
    with django_assert_max_num_queries(4):
        follower.begin(10)
    with django_assert_max_num_queries(6):
        follower.look()


@pytest.mark.parametrize("arguments", [["--last", "many"], ["--state", "lost"], ["--subscriber", "nobody"]])
def test_a_wrong_argument_is_refused(arguments: Any) -> None:
    with pytest.raises(CommandError):
        told(*arguments)
