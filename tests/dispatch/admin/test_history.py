"""A subscriber's history in the admin: what was changed by whom, and the way back."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from subscribers.acting import acting
from subscribers.history import changes
from subscribers.models import Subscriber
from subscribers.secrets import new_shared_secret
from tests.dispatch.admin.pages import text
from tests.dispatch.ledger.rows import make_subscriber
from tests.switchsite.test_roles import member

pytestmark = pytest.mark.django_db

URL = "http://billing:8000/"


def page(subscriber: Subscriber) -> str:
    return reverse("admin:subscribers_subscriber_history", args=[subscriber.pk])


def revert_url(subscriber: Subscriber, record: Any) -> str:
    return reverse("admin:subscribers_subscriber_revert", args=[subscriber.pk, record.history_id])


@pytest.fixture
def changed() -> Subscriber:
    """Made by ann, changed by eve."""
    with acting("ann"):
        subscriber = make_subscriber(name="billing", target_url=URL, filter_expression="True", retry_limit=7)
    with acting("eve"):
        Subscriber.objects.update(filter_expression="1 < 2", retry_limit=9)
    return Subscriber.objects.get(pk=subscriber.pk)


def test_the_page_shows_who_changed_what(admin_client: Client, changed: Subscriber) -> None:
    shown = text(admin_client.get(page(changed)))
    assert "<strong>Changed</strong> by <strong>eve</strong>" in shown
    assert "<strong>Created</strong> by <strong>ann</strong>" in shown
    assert "<del>True</del>" in shown
    assert "<ins>1 &lt; 2</ins>" in shown
    subscriber_page = text(admin_client.get(reverse("admin:subscribers_subscriber_change", args=[changed.pk])))
    assert "</time> by eve" in subscriber_page
    assert page(changed) in subscriber_page


def test_a_reversion_is_shown_then_done_and_is_a_change_itself(admin_client: Client, changed: Subscriber) -> None:
    secret = new_shared_secret()
    Subscriber.objects.update(secret=secret, state="paused", state_reason="a move")
    first = Subscriber.history.earliest("history_id")
    shown = text(admin_client.get(revert_url(changed, first)))
    assert "<del>9</del>" in shown
    assert "<ins>7</ins>" in shown
    changed.refresh_from_db()
    assert changed.retry_limit == 9, "looking at it must not revert"
    admin_client.post(revert_url(changed, first))
    changed.refresh_from_db()
    assert (changed.retry_limit, changed.filter_expression) == (7, "True")
    assert (changed.secret, changed.state, changed.state_reason) == (secret, "paused", "a move")
    newest = changes(changed)[0]
    assert newest.name == "admin"
    assert newest.reason.startswith("Reverted to how it was at ")
    assert {each.name for each in newest.differences} == {"retry_limit", "filter_expression"}


@pytest.mark.parametrize(
    ("column", "value", "refusal"),
    [("filter_expression", "no_such_name", "no_such_name"), ("target_url", "ftp://x/", "must begin with http")],
)
def test_what_the_form_refuses_today_is_not_reverted_to(
    admin_client: Client, changed: Subscriber, column: str, value: str, refusal: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE subscriber SET {column} = %s", [value])  # noqa: S608 - a constant
    Subscriber.objects.update(**{column: getattr(changed, column)})
    bad = Subscriber.history.get(**{column: value})
    shown = text(admin_client.post(revert_url(changed, bad)))
    assert refusal in shown
    assert "Nothing was changed." in shown
    changed.refresh_from_db()
    assert getattr(changed, column) != value


def test_a_name_that_another_has_taken_is_not_reverted_to(admin_client: Client, changed: Subscriber) -> None:
    Subscriber.objects.update(name="")
    make_subscriber(name="billing")
    first = Subscriber.history.earliest("history_id")
    assert "Another subscriber has this name." in text(admin_client.post(revert_url(changed, first)))


def test_a_record_of_another_subscriber_is_not_reverted_to(admin_client: Client, changed: Subscriber) -> None:
    other = make_subscriber()
    foreign = Subscriber.history.get(id=other.pk)
    assert admin_client.post(revert_url(changed, foreign)).status_code == 404


def test_a_viewer_sees_the_history_and_cannot_revert(client: Client, changed: Subscriber) -> None:
    client.force_login(member("viewer"))
    shown = text(client.get(page(changed)))
    assert "<ins>1 &lt; 2</ins>" in shown
    assert "Revert" not in shown
    assert client.post(revert_url(changed, Subscriber.history.earliest("history_id"))).status_code == 403


def test_long_histories_have_pages_of_few_queries(
    admin_client: Client, changed: Subscriber, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        Subscriber.objects.update(retry_limit=number)
    admin_client.get(page(changed))
    with django_assert_max_num_queries(10):
        first = admin_client.get(page(changed))
    assert len(first.context["changes"]) == 50
    second = admin_client.get(f"{page(changed)}?before={first.context['older']}")
    assert len(second.context["changes"]) == 12
    assert second.context["older"] is None
    assert admin_client.get(f"{page(changed)}?before=nonsense").status_code == 200


def test_a_pages_address_for_nothing_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:subscribers_subscriber_history", args=[4711])).status_code == 404
