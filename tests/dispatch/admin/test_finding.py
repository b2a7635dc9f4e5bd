"""The command palette and the suggestions: a row by its id, a subscriber by its name, a topic."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.dispatch.replays.carrying import ask

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """The palette keeps what it found for minutes, and tests use the same users."""
    cache.clear()


def found(client: Client, term: object) -> list[str]:
    answer = client.get(reverse("admin:search"), {"extended": 1, "s": str(term)})
    return [result.link for result in answer.context["results"]]


def page(instance: Any) -> str:
    options = instance._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[instance.pk])


def test_each_id_leads_to_its_page(admin_client: Client) -> None:
    delivery = make_delivery(state="dead")
    for instance in (delivery, delivery.event, ask(state="dead")):
        assert found(admin_client, instance.pk) == [page(instance)]
        assert found(admin_client, f" {str(instance.pk).upper()} ") == [page(instance)]


def test_the_end_of_an_id_as_lists_show_it_leads_to_its_page(admin_client: Client) -> None:
    delivery = make_delivery(state="dead")
    for instance in (delivery, delivery.event, ask(state="dead")):
        end = str(instance.pk)[-8:]
        assert found(admin_client, f"…{end}") == [page(instance)]
        assert found(admin_client, end.upper()) == [page(instance)]


def test_what_is_no_end_of_an_id_is_looked_for_as_a_name(admin_client: Client) -> None:
    make_delivery()
    subscriber = make_subscriber(name="deadbeef")
    assert found(admin_client, "deadbeef") == [page(subscriber)]
    assert found(admin_client, "…deadbeef") == []


def test_a_number_leads_to_the_attempt_and_the_subscriber(admin_client: Client) -> None:
    attempt = make_attempt(make_delivery())
    assert page(attempt) in found(admin_client, attempt.pk)
    subscriber = make_subscriber(pk=987_654)
    assert found(admin_client, 987_654) == [page(subscriber)]


def test_names_and_topics_are_found_by_their_beginning(admin_client: Client) -> None:
    subscriber = make_subscriber(name="Billing", topic="Order.Created")
    make_event(topic="Order.Created")
    topic = reverse("admin:dispatch_event_changelist", query={"topic": "Order.Created"})
    assert found(admin_client, "bill") == [page(subscriber)]
    assert found(admin_client, "Order.Cr") == [page(subscriber), topic]
    assert found(admin_client, "Order.Created") == [page(subscriber), topic]
    assert found(admin_client, "nothing like it") == []


def test_a_deleted_subscriber_leads_to_its_deliveries(admin_client: Client) -> None:
    gone = make_subscriber(name="billing")
    gone.delete()
    existing = make_subscriber(name="billing")
    deliveries = reverse("admin:dispatch_delivery_changelist", query={"subscriber": gone.pk})
    assert found(admin_client, "bill") == [page(existing), deliveries]
    assert found(admin_client, gone.pk) == [deliveries]


def test_nobody_finds_what_he_may_not_see(client: Client, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_subscriber"))
    client.force_login(user)
    delivery = make_delivery(make_subscriber(name="billing"))
    assert found(client, delivery.pk) == []
    assert found(client, delivery.event.topic) == [page(delivery.subscriber)]
    assert client.get(reverse("suggest_topics"), {"q": "o"}).status_code == 403


def test_subscribers_are_suggested_by_name_topic_and_id(admin_client: Client) -> None:
    named = make_subscriber(name="billing", topic="paid")
    nameless = make_subscriber(topic="order.created")
    make_subscriber(name="gone", topic="order.created").delete()
    for text, value in (("BIL", "billing"), ("pai", "billing"), ("order", str(nameless.pk)), (named.pk, "billing")):
        results = admin_client.get(reverse("suggest_subscribers"), {"q": text}).json()["results"]
        assert value in [each["value"] for each in results]
    everything = admin_client.get(reverse("suggest_subscribers")).json()["results"]
    assert "gone" not in [each["value"] for each in everything]


def test_deleted_subscribers_are_suggested_last_and_marked(admin_client: Client) -> None:
    gone = []
    for _ in range(2):
        gone.append(make_subscriber(name="billing"))
        gone[-1].delete()
    existing = make_subscriber(name="billing")
    answer = admin_client.get(reverse("suggest_subscribers"), {"q": "bil", "deleted": "1"})
    results = answer.json()["results"]
    assert [each["value"] for each in results] == [existing.name, *(str(each.pk) for each in gone[::-1])]
    assert ["billing (deleted)" in each["label"] for each in results] == [False, True, True]
    page = admin_client.get(reverse("admin:dispatch_delivery_changelist")).content.decode()
    assert f'data-suggest="{reverse("suggest_subscribers")}?deleted=1"' in page


def test_suggestions_are_few(admin_client: Client) -> None:
    for number in range(30):
        make_subscriber(name=f"s{number}")
        make_event(topic=f"t{number}")
    for name, text in (("suggest_subscribers", "s"), ("suggest_topics", "t")):
        assert len(admin_client.get(reverse(name), {"q": text}).json()["results"]) == 20


def test_what_finds_nothing_says_what_can_be_typed(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:search"), {"extended": 1, "s": "nothing is called so"}).content.decode()
    shown = page.split('id="command-results-list"')[1].split("</div>")[0]
    assert "Type the id of an event" in shown


@pytest.mark.parametrize(
    ("agent", "shortcut"), [("Mozilla/5.0 (X11; Linux)", "Ctrl + K"), ("Mozilla/5.0 (Macintosh)", "⌘K")]
)
def test_each_page_has_a_button_that_opens_the_palette(admin_client: Client, agent: str, shortcut: str) -> None:
    page = admin_client.get(reverse("admin:index"), headers={"User-Agent": agent}).content.decode()
    button = page.split('class="switch-search"')[1].split("</button>")[0]
    assert "$dispatch('opencommand')" in button
    assert shortcut in button
