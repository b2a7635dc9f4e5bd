"""The ledger's pages: what an operator reads about an event, a delivery and an attempt, and replay."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.models import Consumer, Delivery, Health
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db


def page(client: Client, instance: Any) -> str:
    answer = client.get(link(instance))
    assert answer.status_code == 200
    return str(answer.content.decode())


def link(instance: Any) -> str:
    return reverse(f"admin:dispatch_{instance._meta.model_name}_change", args=[instance.pk])


def test_an_event_leads_to_its_deliveries_and_they_to_their_attempts(admin_client: Client) -> None:
    delivery = make_delivery(make_subscriber(name="billing"), state="dead", reason="exhausted", last_status=500)
    attempt = make_attempt(delivery)
    event_page = page(admin_client, delivery.event)
    assert link(delivery) in event_page
    assert "billing" in event_page
    assert "1 dead" in event_page
    delivery_page = page(admin_client, delivery)
    assert link(attempt) in delivery_page
    assert link(delivery.event) in delivery_page
    assert reverse("admin:subscribers_subscriber_change", args=[delivery.subscriber_id]) in delivery_page
    assert link(delivery) in page(admin_client, attempt)


def test_an_attempt_shows_what_was_sent_and_what_came_back(admin_client: Client) -> None:
    shown = page(admin_client, make_attempt(make_delivery()))
    for part in ("POST http://billing:8000/orders/17?token=***", "Authorization: ***", "server: billing"):
        assert part in shown
    assert "{&quot;total&quot;:150}" in shown, "the body that was sent"
    assert "out of paper &lt;script&gt;" in shown


def test_secret_headers_of_a_payload_are_masked(admin_client: Client) -> None:
    event = make_event(payload='{"headers": {"Authorization": "Bearer hunter2", "x-trace": "abc"}, "body": [1]}')
    shown = page(admin_client, event)
    assert "hunter2" not in shown
    assert "abc" in shown


def test_a_payload_keeps_its_numbers_and_its_order(admin_client: Client) -> None:
    event = make_event(payload='{"z": 123456789012345678901234567890, "a": "ö"}')
    shown = page(admin_client, event)
    assert shown.index("123456789012345678901234567890") < shown.index("&quot;a&quot;")
    assert "ö" in shown


def test_a_huge_payload_is_cut(admin_client: Client) -> None:
    shown = page(admin_client, make_event(payload='{"body": "' + "x" * 300_000 + '"}'))
    assert "characters more" in shown
    assert len(shown) < 250_000


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Attempt 1 is due"),
        ({"attempts": 2, "due_at": timezone.now() + timedelta(hours=2)}, "Attempt 3 comes at"),
        ({"state": "claimed"}, "A consumer is sending it now."),
        ({"state": "held", "reason": "paused"}, "once the subscriber is resumed"),
        ({"state": "held", "reason": "broken"}, "judged by the new filter"),
        ({"state": "held", "reason": "capped"}, "as many requests in flight as it keeps up with"),
        ({"state": "delivered"}, "Done"),
        ({"state": "dead", "reason": "gone"}, "answered 410 Gone"),
        ({"state": "cancelled", "reason": "deleted"}, "the subscriber was deleted"),
    ],
)
def test_a_delivery_says_what_happens_next(admin_client: Client, fields: dict[str, Any], sentence: str) -> None:
    assert sentence in page(admin_client, make_delivery(**fields))


@pytest.mark.parametrize("state", ["dead", "cancelled"])
def test_only_what_goes_to_an_existing_subscriber_is_said_to_be_replayable(admin_client: Client, state: str) -> None:
    delivery = make_delivery(state=state, reason="exhausted" if state == "dead" else "operator")
    assert "It is kept, and can be replayed." in page(admin_client, delivery)
    delivery.subscriber.delete()
    assert "cannot be replayed: its subscriber is deleted." in page(admin_client, delivery)


def test_replay_is_confirmed_by_a_post_and_leads_to_the_new_delivery(admin_client: Client) -> None:
    dead = make_delivery(state="dead")
    url = reverse("admin:dispatch_delivery_replay_one", args=[dead.pk])
    assert url in page(admin_client, dead)
    admin_client.get(url)
    assert Delivery.objects.count() == 1, "looking at the dialog must not replay"
    answer = admin_client.post(url, {"_form_submitted": "True"})
    again = Delivery.objects.get(replay_of=dead)
    assert answer.headers["HX-Redirect"] == link(again)
    assert link(again) in page(admin_client, dead)
    assert link(dead) in page(admin_client, again)


def test_a_replay_whose_origin_was_pruned_shows_its_id(admin_client: Client) -> None:
    origin = make_delivery(state="dead")
    again = make_delivery(origin.subscriber, origin.event, state="dead", replay_of=origin)
    Delivery.objects.filter(pk=origin.pk).delete()
    shown = page(admin_client, again)
    assert f"<code>{origin.pk}</code>, which retention has removed" in shown
    assert link(origin) not in shown
    assert "(replay)" in page(admin_client, again.event)
    assert str(again.pk) in admin_client.get(reverse("admin:dispatch_delivery_changelist")).content.decode()


def test_a_replay_whose_origin_was_pruned_is_replayed_under_the_same_id(admin_client: Client) -> None:
    origin = make_delivery(state="dead")
    again = make_delivery(origin.subscriber, origin.event, state="dead", replay_of=origin)
    Delivery.objects.filter(pk=origin.pk).delete()
    admin_client.post(reverse("admin:dispatch_delivery_replay_one", args=[again.pk]), {"_form_submitted": "True"})
    assert Delivery.objects.filter(replay_of=origin.pk).count() == 2


def test_many_deliveries_are_replayed_from_the_list(admin_client: Client) -> None:
    dead = [make_delivery(state="dead") for _ in range(3)]
    waiting = make_delivery()
    chosen = [each.pk for each in (*dead, waiting)]
    url = reverse("admin:dispatch_delivery_changelist")
    answer = admin_client.post(url, {"action": "replay_selected", "_selected_action": chosen}, follow=True)
    assert Delivery.objects.filter(replay_of__in=dead).count() == 3
    text = answer.content.decode()
    assert "Replayed: 3." in text
    assert "Not replayed: 1, not settled yet." in text


def test_who_may_only_look_cannot_replay(client: Client, django_user_model: Any) -> None:
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(viewer)
    dead = make_delivery(state="dead")
    url = reverse("admin:dispatch_delivery_replay_one", args=[dead.pk])
    assert url not in page(client, dead)
    assert client.post(url, {"_form_submitted": "True"}).status_code == 403
    posted = {"action": "replay_selected", "_selected_action": [dead.pk]}
    client.post(reverse("admin:dispatch_delivery_changelist"), posted)
    assert Delivery.objects.count() == 1


def test_a_delivery_of_a_deleted_subscriber_is_still_shown(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    delivery = make_delivery(subscriber)
    subscriber.delete()
    assert "billing (deleted)" in page(admin_client, delivery)


def test_a_consumer_without_a_sign_of_life_is_shown_so(admin_client: Client) -> None:
    fields = {"host": "hub", "queue": "embedded", "concurrency": 256}
    Consumer.objects.create(process_id=1, **fields)
    Consumer.objects.create(process_id=2, beat_at=timezone.now() - timedelta(minutes=5), **fields)
    text = admin_client.get(reverse("admin:dispatch_consumer_changelist")).content.decode()
    assert text.count("No sign of life") == 1
    assert text.count("Works") == 1


@pytest.mark.parametrize(
    ("reason", "health", "sentences"),
    [
        ("capped", {}, ["as many requests in flight as it keeps up with"]),
        ("rate", {}, ["rate limit is reached", "as the limit allows"]),
        (
            "breaker",
            {"breaker": "open"},
            ["kept failing", "left alone until <time datetime=", "one delivery is sent to find out"],
        ),
        ("breaker", {"breaker": "half_open"}, ["kept failing", "One delivery is on its way"]),
        ("breaker", {}, ["That is over: it is sent in its turn"]),
        ("throttled", {"breaker": "open", "cause": "throttled"}, ["asked to wait", "left alone until <time datetime="]),
        ("capped", {"breaker": "open"}, ["left alone until <time datetime="]),
    ],
)
def test_a_held_delivery_says_until_when_and_what_happens_next(
    admin_client: Client, reason: str, health: dict[str, Any], sentences: list[str]
) -> None:
    delivery = make_delivery(state="held", reason=reason)
    if health:
        until = timezone.now() + timedelta(minutes=3)
        Health.objects.create(subscriber=delivery.subscriber, open_until=until, **health)
    shown = page(admin_client, delivery)
    for sentence in sentences:
        assert sentence in shown


def test_the_way_to_a_page_begins_with_its_list_and_tells_no_app(admin_client: Client) -> None:
    delivery = make_delivery(make_subscriber(name="billing"))
    subscriber_page = reverse("admin:subscribers_subscriber_change", args=[delivery.subscriber_id])
    lists = reverse("admin:dispatch_delivery_changelist"), reverse("admin:subscribers_subscriber_changelist")
    for path, expected in (
        (lists[0], [(lists[0], "Deliveries")]),
        (link(delivery), [(lists[0], "Deliveries"), (link(delivery), str(delivery))]),
        (lists[1], [(lists[1], "Subscribers")]),
        (reverse("admin:subscribers_subscriber_add"), [(lists[1], "Subscribers")]),
        (subscriber_page, [(lists[1], "Subscribers"), (subscriber_page, "billing")]),
    ):
        assert way(admin_client, path) == expected


def way(client: Client, path: str) -> list[tuple[str, str]]:
    """The links of the page's heading, and their texts."""
    text = client.get(path).content.decode()
    heading = text[text.index("<h1") : text.index("</h1>")]
    return re.findall(r'<a href="(/[^"]+)"[^>]*>\s*(.*?)\s*</a', heading)


@pytest.mark.parametrize("app", ["dispatch", "subscribers"])
def test_a_way_that_is_one_step_keeps_it(admin_client: Client, app: str) -> None:
    """Such as the list of an app, which nothing links to."""
    text = admin_client.get(reverse("admin:app_list", args=[app])).content.decode()
    assert "administration" in text[text.index("<h1") : text.index("</h1>")]


def test_no_page_for_giving_rights_speaks_of_dispatch(admin_client: Client) -> None:
    text = admin_client.get(reverse("admin:auth_group_add")).content.decode()
    assert "Event hub | delivery | Can view delivery" in text
    assert "Dispatch |" not in text
