"""Lists say how many rows are new: by the list's own filter, by few rows, to those who may see it."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.admin import announcing
from dispatch.models import Alert
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_event, make_subscriber
from tests.dispatch.replays.carrying import ask

pytestmark = pytest.mark.django_db

LISTS = ("event", "delivery", "attempt", "replay", "alert")


def make_alert(key: str) -> Alert:
    now = timezone.now()
    return Alert.objects.create(key=key, kind=Alert.Kind.BACKLOG, sentence="They are late.", since=now, noticed_at=now)


def count(client: Client, name: str, first: Any, **query: Any) -> int:
    answer = client.get(reverse(f"admin:dispatch_{name}_newer"), {"first": first, **query})
    assert answer.status_code == 200
    return int(answer.json()["count"])


def test_rows_behind_the_first_one_are_counted(admin_client: Client) -> None:
    first = make_delivery()
    assert count(admin_client, "delivery", first.pk) == 0
    make_deliveries(3)
    assert count(admin_client, "delivery", first.pk) == 3
    assert count(admin_client, "event", first.event_id) == 3


def test_only_what_the_filter_of_the_list_takes_is_counted(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    first = make_delivery(subscriber)
    make_delivery(subscriber, make_event(topic="stock"), state="dead", reason="gone")
    make_delivery()
    assert count(admin_client, "delivery", first.pk, state__exact="dead") == 1
    assert count(admin_client, "delivery", first.pk, subscriber=subscriber.pk) == 1
    assert count(admin_client, "delivery", first.pk, q="billing") == 1
    assert count(admin_client, "event", first.event_id, topic="stock") == 1
    assert count(admin_client, "event", first.event_id, topic="none") == 0


def test_many_are_counted_up_to_a_limit(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "COUNTED", 4)
    first = make_delivery()
    make_deliveries(9)
    answer = admin_client.get(reverse("admin:dispatch_delivery_newer"), {"first": first.pk})
    assert answer.json() == {"count": 5, "most": 4}


def test_no_more_than_some_newer_rows_are_looked_at(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "LOOKED_AT", 3)
    first = make_delivery()
    make_deliveries(3)
    make_delivery(state="dead", reason="gone")
    assert count(admin_client, "delivery", first.pk) == 3
    assert count(admin_client, "delivery", first.pk, state__exact="dead") == 0


def test_nonsense_is_refused_or_finds_nothing(admin_client: Client) -> None:
    make_delivery()
    url = reverse("admin:dispatch_delivery_newer")
    assert admin_client.get(url).status_code == 400
    assert admin_client.get(url, {"first": "nonsense"}).status_code == 400
    nothing = "00000000-0000-0000-0000-000000000000"
    assert count(admin_client, "delivery", nothing, subscriber="nonsense") == 0
    assert count(admin_client, "delivery", nothing, no_such_field="x") == 0


def test_who_may_not_see_the_list_is_told_nothing(client: Client) -> None:
    url = reverse("admin:dispatch_delivery_newer")
    assert client.get(url, {"first": make_delivery().pk}).status_code == 302
    client.force_login(User.objects.create_user("somebody", is_staff=True))
    assert client.get(url, {"first": make_delivery().pk}).status_code == 403


def test_a_look_asks_few_questions(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    first = make_delivery()
    make_deliveries(5)
    with django_assert_max_num_queries(8):
        assert count(admin_client, "delivery", first.pk) == 5


def test_new_attempts_replays_and_alerts_are_counted(admin_client: Client) -> None:
    attempt, replay, alert = make_attempt(make_delivery()), ask(state="dead"), make_alert("first")
    for name, first in (("attempt", attempt), ("replay", replay), ("alert", alert)):
        assert count(admin_client, name, first.pk) == 0
    failed = make_attempt(make_delivery(attempt.delivery.subscriber), status=None, error_kind="dns")
    make_attempt(failed.delivery, number=2, status=503)
    ask(topic="orders")
    make_alert("second")
    assert count(admin_client, "attempt", attempt.pk) == 2
    assert count(admin_client, "attempt", attempt.pk, status="5xx") == 1
    assert count(admin_client, "attempt", attempt.pk, topic="none") == 0
    assert count(admin_client, "replay", replay.pk) == 1
    assert count(admin_client, "replay", replay.pk, status="done") == 0
    assert count(admin_client, "alert", alert.pk) == 1


@pytest.mark.parametrize("name", LISTS)
def test_in_an_empty_list_all_that_comes_is_new(admin_client: Client, name: str) -> None:
    assert count(admin_client, name, 0) == 0
    make_attempt(make_delivery())
    ask(state="dead")
    make_alert("first")
    assert count(admin_client, name, 0) == 1


@pytest.mark.parametrize("first", ["-1", "1.5", "9" * 30, str(UUID(int=0))])
def test_a_number_that_is_none_is_refused(admin_client: Client, first: str) -> None:
    answer = admin_client.get(reverse("admin:dispatch_attempt_newer"), {"first": first})
    assert answer.status_code == 400


@pytest.mark.parametrize("name", LISTS)
def test_the_lists_load_what_announces(admin_client: Client, name: str) -> None:
    text = admin_client.get(reverse(f"admin:dispatch_{name}_changelist")).content.decode()
    assert 'dispatch/announcing.js" type="module"' in text
