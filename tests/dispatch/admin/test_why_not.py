"""The page that says why a subscriber did not get an event, and who may ask."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.models import Event
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

PAGE = reverse("why_not")


def ask(client: Client, event: object, subscriber: object) -> str:
    answer = client.get(PAGE, {"event": str(event), "subscriber": str(subscriber)})
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def billing() -> Subscriber:
    expression = 'data["body"]["total"] > 100 and data["body"]["country"] == "<DE>"'
    return make_subscriber(name="billing", filter_expression=expression)


@pytest.fixture
def event(billing: Subscriber) -> Event:
    payload = '{"body": {"total": 150, "country": "FR"}, "headers": {"Authorization": "hunter2"}}'
    return make_event(payload=payload, received_at=timezone.now() + timedelta(seconds=5))


def test_the_clause_that_decided_is_shown_with_its_tree(
    admin_client: Client, event: Event, billing: Subscriber
) -> None:
    shown = ask(admin_client, event.pk, "billing")
    assert "The filter is false for this event." in shown
    assert "This clause decided" in shown
    blamed = "data[&quot;body&quot;][&quot;country&quot;] == &quot;&lt;DE&gt;&quot;"
    assert f'<code class="switch-blamed">{blamed}</code> is false' in shown
    assert shown.count("switch-part switch-blamed") == 1
    assert "= <code>&quot;FR&quot;</code>" in shown
    assert "hunter2" not in shown


def test_a_delivery_is_linked_with_what_happens_next(admin_client: Client) -> None:
    delivery = make_delivery(state="held", reason="paused")
    shown = ask(admin_client, delivery.event_id, delivery.subscriber_id)
    assert "It goes to this subscriber" in shown
    assert "once the subscriber is resumed" in shown
    assert reverse("admin:dispatch_delivery_change", args=[delivery.pk]) in shown
    assert "This clause decided" not in shown


def test_a_broken_filter_is_pointed_at(admin_client: Client, event: Event) -> None:
    shown = ask(admin_client, event.pk, make_subscriber(filter_expression="data[").pk)
    assert "does not compile" in shown
    assert "^" in shown


def test_a_deleted_subscriber_can_be_asked_for_by_its_id(
    admin_client: Client, event: Event, billing: Subscriber
) -> None:
    billing.delete()
    assert "billing (deleted)" in ask(admin_client, event.pk, billing.pk)


def test_a_name_means_the_existing_subscriber_and_then_the_one_deleted_last(
    admin_client: Client, event: Event, billing: Subscriber
) -> None:
    billing.delete()
    assert "billing (deleted)" in ask(admin_client, event.pk, "billing")
    make_subscriber(name="billing")
    assert "billing (deleted)" not in ask(admin_client, event.pk, "billing")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "Name an event by its id"),
        ({"subscriber": "1"}, "Name an event by its id"),
        ({"event": "nonsense", "subscriber": "billing"}, "There is no event with this id"),
        ({"event": "nonsense", "subscriber": "nobody"}, "There is no subscriber with the name or id nobody."),
    ],
)
def test_what_is_missing_is_asked_for_in_words(
    admin_client: Client, billing: Subscriber, query: dict[str, str], reason: str
) -> None:
    assert reason in admin_client.get(PAGE, query).content.decode()


def test_event_and_subscriber_lead_to_it(admin_client: Client, event: Event, billing: Subscriber) -> None:
    shown = admin_client.get(reverse("admin:dispatch_event_change", args=[event.pk])).content.decode()
    assert f'action="{PAGE}"' in shown
    assert f'name="event" value="{event.pk}"' in shown
    page = reverse("admin:subscribers_subscriber_why_not", args=[billing.pk])
    assert page in admin_client.get(reverse("admin:subscribers_subscriber_change", args=[billing.pk])).content.decode()
    led = admin_client.get(page, follow=True)
    assert f'value="{billing.pk}"' in led.content.decode()


def test_it_asks_the_database_few_questions(
    admin_client: Client, event: Event, billing: Subscriber, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        ask(admin_client, event.pk, "billing")


def test_who_may_not_see_events_cannot_ask(client: Client, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_subscriber"))
    client.force_login(user)
    assert client.get(PAGE).status_code == 403


@pytest.mark.parametrize("is_deleted", [False, True])
def test_past_events_are_advised_only_where_they_can_be_asked_for(
    admin_client: Client, event: Event, billing: Subscriber, *, is_deleted: bool
) -> None:
    if is_deleted:
        billing.delete()
        Subscriber.objects.update(deleted_at=event.received_at + timedelta(seconds=5))
    shown = ask(admin_client, event.pk, billing.pk)
    assert "The filter is false for this event." in shown or "Today&#x27;s filter is false" in shown
    assert ("Deliver past events makes up for what has passed." in shown) is not is_deleted
