"""Past events from a subscriber's page: counted, tried on its filter, and asked for once the count was seen."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from dispatch import turns
from dispatch.admin import past_events
from dispatch.backtesting import BackTest
from dispatch.models import Replay
from dispatch.replays import selecting
from subscribers.models import Subscriber
from tests.dispatch.admin.pages import text
from tests.dispatch.ledger.rows import make_subscriber
from tests.dispatch.replays.carrying import make_past_event

pytestmark = pytest.mark.django_db

LARGE = '{"body": {"total": 150}}'
SMALL = '{"body": {"total": 5}}'


def page(subscriber: Subscriber) -> str:
    return reverse("admin:subscribers_subscriber_deliver_past", args=[subscriber.pk])


def counted(client: Client, subscriber: Subscriber, **given: str) -> Any:
    answer = client.post(page(subscriber), {"since": "2h", **given})
    assert answer.status_code == 200
    assert not Replay.objects.exists(), "a count asks for nothing"
    return answer


def confirmed(client: Client, subscriber: Subscriber, **given: str) -> Any:
    criteria = counted(client, subscriber, **given).context["form"].criteria
    return client.post(page(subscriber), {"since": "2h", **given, "counted_for": criteria})


@pytest.fixture
def billing() -> Subscriber:
    """It takes two of the three events of its topic within the last two hours."""
    for payload in (LARGE, LARGE, SMALL):
        make_past_event(timedelta(hours=1), payload=payload)
    make_past_event(timedelta(hours=3), payload=LARGE)
    make_past_event(timedelta(hours=1), topic="stock", payload=LARGE)
    return make_subscriber(name="billing", filter_expression='data["body"]["total"] > 100')


def test_the_form_is_shown_empty_at_first(admin_client: Client, billing: Subscriber) -> None:
    link = reverse("admin:subscribers_subscriber_change", args=[billing.pk])
    assert page(billing) in text(admin_client.get(link))
    answer = admin_client.get(page(billing))
    assert answer.context["counted"] is None
    assert answer.context["form"].errors == {}
    assert "Deliver them" not in text(answer)


def test_the_count_tells_how_many_and_how_many_its_filter_takes(admin_client: Client, billing: Subscriber) -> None:
    shown = text(counted(admin_client, billing))
    assert "<strong>3</strong> past events on orders for billing since " in shown
    assert "Its filter takes 2 of 3." in shown
    assert "Deliver them" in shown


def test_they_are_asked_for_once_the_count_was_seen(admin_client: Client, billing: Subscriber) -> None:
    answer = confirmed(admin_client, billing, rate="20")
    replay = Replay.objects.get()
    assert answer.url == reverse("admin:dispatch_replay_change", args=[replay.pk])
    assert (replay.kind, replay.subscriber, replay.total, replay.rate_per_second) == ("backfill", billing, 3, 20)
    assert replay.requested_by == "admin"
    shown = text(admin_client.get(answer.url))
    assert "Past events on orders for billing" in shown
    assert reverse("admin:dispatch_replay_progress", args=[replay.pk]) in shown
    assert reverse("admin:dispatch_replay_stop", args=[replay.pk]) in shown


def test_another_time_is_counted_anew(admin_client: Client, billing: Subscriber) -> None:
    criteria = counted(admin_client, billing).context["form"].criteria
    answer = counted(admin_client, billing, since="4h", counted_for=criteria)
    assert "it is counted anew" in text(answer)
    assert answer.context["counted"].number == 4


def test_to_count_again_and_another_rate_are_no_other_wish(admin_client: Client, billing: Subscriber) -> None:
    criteria = counted(admin_client, billing).context["form"].criteria
    assert "counted anew" not in text(counted(admin_client, billing, counted_for=criteria, recount=""))
    admin_client.post(page(billing), {"since": "2h", "rate": "5", "counted_for": criteria})
    assert Replay.objects.get().rate_per_second == 5


def test_nothing_to_look_at_offers_nothing_to_deliver(admin_client: Client) -> None:
    shown = text(counted(admin_client, make_subscriber(topic="never.heard")))
    assert "<strong>0</strong> past events on never.heard" in shown
    assert "Deliver them" not in shown


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"since": ""}, "This field is required"),
        ({"since": "whenever"}, "is no time"),
        ({"since": "2999-01-01"}, "The time span is empty"),
        ({"rate": "0"}, "A rate is between"),
        ({"rate": "fast"}, "Enter a number"),
    ],
)
def test_what_is_wrong_is_told_and_asks_for_nothing(
    admin_client: Client, billing: Subscriber, given: dict[str, str], reason: str
) -> None:
    answer = counted(admin_client, billing, **given)
    assert reason in text(answer)
    assert answer.context["counted"] is None


def test_many_are_told_as_at_least(admin_client: Client, billing: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "COUNTED", 2)
    monkeypatch.setattr(past_events, "back_test", lambda *_, **__: BackTest(looked_at=2))
    shown = text(counted(admin_client, billing))
    assert "<strong>2+</strong>" in shown
    assert "They are not counted further; it takes them all." in shown
    assert "Its filter takes 0 of the newest 2." in shown


@pytest.mark.parametrize(
    ("expression", "told"),
    [("", "It has no filter, so it takes every one."), ("data[", "Its filter does not compile")],
)
def test_what_cannot_be_tried_is_told_in_words(
    admin_client: Client, billing: Subscriber, expression: str, told: str
) -> None:
    Subscriber.objects.filter(pk=billing.pk).update(filter_expression=expression)
    assert told in text(counted(admin_client, billing))


def test_a_busy_hub_counts_without_trying(admin_client: Client, billing: Subscriber) -> None:
    with turns.turn(), turns.turn():
        assert "Its filter is asked of each of them." in text(counted(admin_client, billing))


def test_who_may_not_replay_is_not_offered_it(client: Client, django_user_model: Any, billing: Subscriber) -> None:
    editor = django_user_model.objects.create_user("editor", password="x", is_staff=True)
    editor.user_permissions.add(*Permission.objects.filter(codename__in=("view_subscriber", "change_subscriber")))
    client.force_login(editor)
    link = reverse("admin:subscribers_subscriber_change", args=[billing.pk])
    assert page(billing) not in text(client.get(link))
    assert client.get(page(billing)).status_code == 403
    assert client.post(page(billing), {"since": "2h"}).status_code == 403


def test_a_subscriber_that_is_gone_is_not_found(admin_client: Client, billing: Subscriber) -> None:
    billing.delete()
    assert admin_client.get(page(billing)).status_code == 404
