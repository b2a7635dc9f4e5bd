"""The subscribers' pages of the admin, as an operator uses them."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from subscribers.models import Subscriber
from subscribers.secrets import new_shared_secret, rotate

pytestmark = pytest.mark.django_db

LIST = reverse("admin:subscribers_subscriber_changelist")
ADD = reverse("admin:subscribers_subscriber_add")
SECRET = "whsec_" + "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0"


def make(**fields: Any) -> Subscriber:
    given = {"topic": "orders", "target_url": "http://billing:8000/", **fields}
    return Subscriber.objects.get(pk=Subscriber.objects.create(**given).pk)


def change(subscriber: Subscriber) -> str:
    return reverse("admin:subscribers_subscriber_change", args=[subscriber.pk])


def filled(**fields: Any) -> dict[str, Any]:
    return {"topic": "orders", "target_url": "http://billing:8000/orders/:id", "retry_limit": 25, **fields}


def act(client: Client, action: str, *subscribers: Subscriber, **more: str) -> None:
    posted = {"action": action, "_selected_action": [each.pk for each in subscribers], **more}
    assert client.post(LIST, posted).status_code == 302


def test_an_operator_adds_a_subscriber(admin_client: Client) -> None:
    answer = admin_client.post(ADD, filled(filter_expression='data["body"]["total"] > 100'))
    assert answer.status_code == 302
    added = Subscriber.objects.get()
    assert (added.topic, added.state, added.filter_expression) == ("orders", "active", 'data["body"]["total"] > 100')


def test_a_bad_expression_is_refused_with_a_caret_under_its_place(admin_client: Client) -> None:
    answer = admin_client.post(ADD, filled(filter_expression='data["x"] == 1 and\ndata.__class__'))
    (message,) = answer.context["adminform"].form.errors["filter_expression"]
    reason, line, carets = message.split("\n")[:3]
    assert "__class__" in reason
    assert line == "data.__class__"
    assert set(carets.strip()) == {"^"}
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("target_url", "ftp://billing/", "http"),
        ("target_url", "billing:8000", "http"),
        ("topic", "  ", "needs a name"),
        ("secret", "correct horse battery staple", "base64"),
        ("retry_limit", "1000", "100"),
    ],
)
def test_a_bad_field_is_refused_with_a_reason(admin_client: Client, field: str, value: str, reason: str) -> None:
    answer = admin_client.post(ADD, filled(**{field: value}))
    assert reason in str(answer.context["adminform"].form.errors[field])
    assert not Subscriber.objects.exists()


def test_a_new_expression_with_a_slip_is_saved_with_a_warning(admin_client: Client) -> None:
    written = filled(filter_expression='data["total"] > 1,000')
    warning = "Is the filter the one you mean?"
    assert warning in admin_client.post(ADD, written, follow=True).content.decode()
    subscriber = Subscriber.objects.get()
    again = admin_client.post(change(subscriber), written | {"name": "renamed"}, follow=True)
    assert warning not in again.content.decode()


def test_two_subscribers_cannot_have_the_same_name(admin_client: Client) -> None:
    make(name="billing")
    answer = admin_client.post(ADD, filled(name="billing"))
    assert "Another subscriber has this name." in answer.content.decode()


def test_a_stored_secret_is_never_sent_to_the_browser(admin_client: Client) -> None:
    subscriber = make(secret=SECRET)
    assert SECRET not in admin_client.get(change(subscriber)).content.decode()


def test_an_empty_secret_keeps_the_stored_one(admin_client: Client) -> None:
    subscriber = make(secret=SECRET)
    assert admin_client.post(change(subscriber), filled(name="renamed", secret="")).status_code == 302
    subscriber.refresh_from_db()
    assert (subscriber.name, subscriber.secret) == ("renamed", SECRET)


def test_a_secret_is_removed_on_demand(admin_client: Client) -> None:
    subscriber = make(secret=SECRET)
    admin_client.post(change(subscriber), filled(remove_secret="on"))
    subscriber.refresh_from_db()
    assert subscriber.secret == ""


def test_saving_the_form_writes_only_what_was_changed(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    subscriber = make()
    with django_assert_max_num_queries(24) as captured:  # four of them for the history
        admin_client.post(change(subscriber), filled(name="billing"))
    written = [query["sql"] for query in captured if query["sql"].startswith('UPDATE "subscriber"')]
    assert len(written) == 1
    assert '"state"' not in written[0]
    assert '"filter_error_count"' not in written[0]


def test_a_subscriber_with_deliveries_can_be_deleted_and_its_row_stays(admin_client: Client) -> None:
    subscriber = make(name="billing")
    url = reverse("admin:subscribers_subscriber_delete", args=[subscriber.pk])
    assert "billing" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert not Subscriber.objects.existing().exists()
    assert Subscriber.objects.filter(pk=subscriber.pk).exists()
    assert "billing" not in admin_client.get(LIST).content.decode().split("was deleted successfully")[-1]


def test_selected_subscribers_are_deleted_softly(admin_client: Client) -> None:
    first, second = make(), make()
    posted = {"action": "delete_selected", "_selected_action": [first.pk, second.pk], "post": "yes"}
    assert admin_client.post(LIST, posted).status_code == 302
    assert Subscriber.objects.count() == 2
    assert not Subscriber.objects.existing().exists()


def test_selected_subscribers_are_paused_and_resumed(admin_client: Client) -> None:
    chosen, other = make(), make()
    act(admin_client, "pause_selected", chosen)
    assert list(Subscriber.objects.paused()) == [chosen]
    chosen.refresh_from_db()
    assert chosen.state_reason == "Paused by admin."
    act(admin_client, "resume_selected", chosen, other, post="yes")
    assert not Subscriber.objects.paused().exists()


def test_a_subscriber_is_paused_from_its_page_with_a_reason(admin_client: Client) -> None:
    subscriber = make()
    url = reverse("admin:subscribers_subscriber_pause", args=[subscriber.pk])
    admin_client.get(url)
    subscriber.refresh_from_db()
    assert not subscriber.is_paused, "looking at the dialog must not pause"
    admin_client.post(url, {"reason": "it moves house", "_form_submitted": "True"})
    subscriber.refresh_from_db()
    assert (subscriber.state, subscriber.state_reason) == ("paused", "it moves house")
    page = admin_client.get(change(subscriber)).content.decode()
    assert "it moves house" in page
    resume = reverse("admin:subscribers_subscriber_resume", args=[subscriber.pk])
    assert resume in page
    assert url not in page
    admin_client.post(resume, {"_form_submitted": "True"})
    subscriber.refresh_from_db()
    assert not subscriber.is_paused


def test_a_user_who_may_only_look_can_neither_pause_nor_write(client: Client, django_user_model: Any) -> None:
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(_permission("view_subscriber"))
    client.force_login(viewer)
    subscriber = make()
    assert client.get(change(subscriber)).status_code == 200
    assert client.post(change(subscriber), filled(name="mine")).status_code == 403
    url = reverse("admin:subscribers_subscriber_pause", args=[subscriber.pk])
    assert client.post(url, {"_form_submitted": "True"}).status_code == 403
    act_answer = client.post(LIST, {"action": "pause_selected", "_selected_action": [subscriber.pk]})
    subscriber.refresh_from_db()
    assert act_answer.status_code in (302, 200)
    assert not subscriber.is_paused


def viewer_client(client: Client, django_user_model: Any) -> Client:
    viewer = django_user_model.objects.create_user("looks", password="x", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client.force_login(viewer)
    return client


@pytest.mark.parametrize("mask", [False, True])
def test_no_page_tells_a_viewer_a_secret(
    client: Client, admin_client: Client, django_user_model: Any, settings: Settings, mask: bool
) -> None:
    settings.SWITCH_MASK_PAYLOADS = mask
    subscriber = make(name="signed", secret=SECRET)
    rotate(subscriber, new_shared_secret())
    secrets = {SECRET, Subscriber.objects.get().secret}
    assert len(secrets) == 2
    admin_client.post(change(subscriber), filled(name="renamed"))
    viewer = viewer_client(client, django_user_model)
    token = viewer.post("/api/v1/token", {"username": "looks", "password": "x"}, "application/json").json()["access"]
    headers = {"Authorization": f"Bearer {token}"}
    pages = {name: viewer.get(url, headers=headers) for name, url in _pages_of(subscriber).items()}
    texts = {name: page.content.decode() for name, page in pages.items() if page.status_code == 200}
    assert {"change", "list", "api", "history"} <= set(texts)
    for name, text in texts.items():
        assert not [secret for secret in secrets if secret.removeprefix("whsec_") in text], name
    assert "remove_secret" not in texts["change"]
    assert ">Set<" in re.sub(r"\s+", "", texts["change"])


def _pages_of(subscriber: Subscriber) -> dict[str, str]:
    return {
        "change": change(subscriber),
        "list": LIST,
        "history": reverse("admin:subscribers_subscriber_history", args=[subscriber.pk]),
        "export": reverse("admin:subscribers_subscriber_export", args=["json"]),
        "rotate": reverse("admin:subscribers_subscriber_rotate_secret", args=[subscriber.pk]),
        "api": f"/api/v1/subscribers/{subscriber.pk}",
        "api list": "/api/v1/subscribers",
    }


@pytest.mark.parametrize("lookup", ["secret__startswith", "secret", "previous_secret__gt"])
def test_the_list_cannot_be_narrowed_by_a_secret(client: Client, django_user_model: Any, lookup: str) -> None:
    make(secret=SECRET)
    assert viewer_client(client, django_user_model).get(LIST, {lookup: SECRET}).status_code == 400


def _permission(codename: str) -> Any:

    return Permission.objects.get(codename=codename)


def test_the_list_is_filtered_by_topic_and_state_and_searched(admin_client: Client) -> None:
    make(name="first", topic="orders")
    make(name="second", topic="invoices", state="paused")
    make(name="third", topic="invoices", target_url="http://warehouse/")

    def listed(**query: str) -> set[str]:
        return {each.name for each in admin_client.get(LIST, query).context["cl"].result_list}

    assert listed() == {"first", "second", "third"}
    assert listed(topic="invoices") == {"second", "third"}
    assert listed(state__exact="paused") == {"second"}
    assert listed(q="warehouse") == {"third"}


def test_a_filter_that_does_not_compile_is_shown_as_broken(admin_client: Client) -> None:
    subscriber = make(filter_expression="data[")
    assert "Broken filter" in admin_client.get(LIST).content.decode()
    page = admin_client.get(change(subscriber)).content.decode()
    assert "its events are held until it is mended" in page


def test_the_list_asks_the_database_no_question_per_row(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for _ in range(2):
        for _ in range(10):
            make()
        with django_assert_max_num_queries(30) as captured:
            admin_client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_an_address_that_is_no_id_leads_back(admin_client: Client) -> None:
    url = reverse("admin:subscribers_subscriber_change", args=["notanid"])
    assert admin_client.get(url).status_code == 302
