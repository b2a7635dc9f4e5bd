"""The pages of an event and of a delivery: what was tried, what is to come, and an operator's word on it."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.models import Delivery, Health
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

SUBMITTED = {"_form_submitted": "True"}


def page(client: Client, instance: Any) -> str:
    answer = client.get(reverse(f"admin:dispatch_{instance._meta.model_name}_change", args=[instance.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def action(delivery: Delivery, name: str) -> str:
    return reverse(f"admin:dispatch_delivery_{name}", args=[delivery.pk])


def failing(**fields: Any) -> Delivery:
    """It was tried twice, and waits for its third attempt."""
    delivery = make_delivery(attempts=2, failures=2, due_at=timedelta(hours=2), **fields)
    timing = {"name_lookup_ms": 1, "connect_ms": 3, "tls_ms": 10, "first_byte_ms": 90, "total_ms": 100}
    make_attempt(delivery, number=1, status=None, error_kind="reset", error="billing:8000 closed the connection.")
    make_attempt(delivery, number=2, status=500, **timing)
    return delivery


@pytest.mark.parametrize("of", ["event", "delivery"])
def test_attempts_and_the_one_to_come_stand_in_line(admin_client: Client, of: str) -> None:
    delivery = failing()
    shown = page(admin_client, delivery if of == "delivery" else delivery.event)
    line = shown[shown.index("switch-timeline") :]
    places = [line.index(text) for text in ("Attempt 1</a>", "Attempt 2</a>", "<strong>Attempt 3</strong>")]
    assert places == sorted(places)
    assert "The receiver may have acted on it" in line
    assert f'<time datetime="{delivery.due_at.isoformat()}"' in line


def test_a_delivery_shows_what_was_sent_with_curl_and_timing(admin_client: Client) -> None:
    shown = page(admin_client, failing())
    assert "{&quot;total&quot;:150}" in shown
    assert "curl -X POST" in shown
    assert "Authorization: ***" in shown
    assert "HTTP 500" in shown
    assert "out of paper &lt;script&gt;" in shown
    label = "DNS 1.0 ms, connect 2.0 ms, TLS 7.0 ms, first byte 80.0 ms, rest 10.0 ms, in all 100.0 ms"
    assert f'aria-label="{label}"' in shown
    assert "style=" not in shown[shown.index("switch-timing") : shown.rindex("switch-timing")]


def test_each_attempt_of_an_event_leads_to_what_was_sent(admin_client: Client) -> None:
    delivery = failing()
    shown = page(admin_client, delivery.event)
    assert "curl -X POST" not in shown, "it is asked for once somebody opens it"
    for attempt in delivery.tries.all():
        address = reverse("admin:dispatch_attempt_exchange", args=[attempt.pk])
        assert f'data-exchange="{address}"' in shown
        exchange = admin_client.get(address).content.decode()
        assert "curl -X POST" in exchange
        assert "Authorization: ***" in exchange
        assert "<html" not in exchange


def test_what_was_sent_is_for_those_who_may_see_attempts(client: Client, django_user_model: Any) -> None:
    attempt = make_attempt(make_delivery())
    user = django_user_model.objects.create_user("clerk", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_event"))
    client.force_login(user)
    assert client.get(reverse("admin:dispatch_attempt_exchange", args=[attempt.pk])).status_code == 403


def test_what_was_sent_of_an_attempt_that_retention_removed_is_not_there(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:dispatch_attempt_exchange", args=[1])).status_code == 404


@pytest.mark.parametrize("of", ["event", "delivery"])
def test_the_number_of_questions_does_not_grow_with_attempts(
    admin_client: Client, django_assert_max_num_queries: Any, of: str
) -> None:
    delivery = failing()
    for _ in range(5):
        again = make_delivery(make_subscriber(), delivery.event, attempts=1)
        make_attempt(again)
    for number in range(3, 20):
        make_attempt(delivery, number=number)
    with django_assert_max_num_queries(14):
        page(admin_client, delivery if of == "delivery" else delivery.event)


def test_an_event_without_deliveries_says_what_to_do(admin_client: Client) -> None:
    assert "Ask below why one that you expected did not." in page(admin_client, make_event(matched=0))
    assert "being written" in page(admin_client, make_event(matched=None, fan_out="pending"))


@pytest.mark.parametrize(("role", "offered"), [("viewer", False), ("operator", True)])
def test_only_who_may_replay_is_told_of_it(client: Client, django_user_model: Any, role: str, offered: bool) -> None:
    user = django_user_model.objects.create_user(role, password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    shown = page(client, make_delivery().event)
    assert "List them all" in shown
    assert ("to replay some" in shown) is offered


def test_a_waiting_delivery_is_tried_now(admin_client: Client) -> None:
    delivery = failing()
    assert action(delivery, "try_now") in page(admin_client, delivery)
    admin_client.get(action(delivery, "try_now"))
    delivery.refresh_from_db()
    assert delivery.due_at > timezone.now(), "looking at the dialog does nothing"
    answer = admin_client.post(action(delivery, "try_now"), SUBMITTED)
    delivery.refresh_from_db()
    assert delivery.due_at <= timezone.now()
    assert "HX-Redirect" in answer.headers
    assert "Due now" in page(admin_client, delivery)


@pytest.mark.parametrize("fields", [{}, {"state": "held", "reason": "paused"}])
def test_a_waiting_or_held_delivery_is_stopped(admin_client: Client, fields: dict[str, Any]) -> None:
    delivery = make_delivery(**fields)
    admin_client.post(action(delivery, "stop_trying"), SUBMITTED)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("cancelled", "operator")
    assert "an operator stopped it" in page(admin_client, delivery)


def test_what_came_between_is_told_and_left(admin_client: Client) -> None:
    delivery = make_delivery(state="claimed")
    for name in ("try_now", "stop_trying"):
        admin_client.post(action(delivery, name), SUBMITTED)
        assert "A consumer is sending the delivery just now." in page(admin_client, delivery)
    delivery.refresh_from_db()
    assert delivery.state == "claimed"


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({}, {"try_now", "stop_trying"}),
        ({"state": "held", "reason": "paused"}, {"stop_trying"}),
        ({"state": "held", "reason": "broken"}, {"stop_trying"}),
        ({"state": "held", "reason": "capped"}, {"stop_trying"}),
        ({"state": "claimed"}, set()),
        ({"state": "dead"}, {"replay_one"}),
        ({"state": "delivered"}, {"replay_one"}),
    ],
)
def test_only_what_its_state_allows_is_offered(admin_client: Client, fields: dict[str, Any], offered: set[str]) -> None:
    delivery = make_delivery(**fields)
    shown = page(admin_client, delivery)
    assert {name for name in ("try_now", "stop_trying", "replay_one") if action(delivery, name) in shown} == offered


def left_alone(reason: str = "breaker", **health: Any) -> Delivery:
    """It is held, and its subscriber is left alone for another hour because it kept failing."""
    delivery = make_delivery(state="held", reason=reason)
    given = {"breaker": "open", "cause": "failures", "open_until": timezone.now() + timedelta(hours=1), **health}
    Health.objects.create(subscriber=delivery.subscriber, **given)
    return delivery


@pytest.mark.parametrize("reason", ["breaker", "capped", "rate", "throttled"])
def test_a_subscriber_that_is_left_alone_is_tried_now(admin_client: Client, reason: str) -> None:
    delivery = left_alone(reason)
    shown = page(admin_client, delivery)
    assert action(delivery, "try_now") in shown
    assert "It cannot be tried now." not in shown
    admin_client.post(action(delivery, "try_now"), SUBMITTED)
    assert Health.objects.get().open_until <= timezone.now()  # type: ignore[operator] # an open one has a time
    assert "Its subscriber is tried at once" in page(admin_client, delivery)


@pytest.mark.parametrize(
    ("delivery", "why"),
    [
        (lambda: make_delivery(state="held", reason="paused"), "resume it first"),
        (lambda: make_delivery(state="held", reason="broken"), "mend the filter first"),
        (lambda: make_delivery(state="held", reason="capped"), "It is in line"),
        (lambda: make_delivery(state="held", reason="rate"), "raise the limit"),
        (lambda: left_alone(breaker="half_open"), "is being tried just now"),
        (lambda: left_alone(cause="throttled"), "said itself for how long to wait"),
        (lambda: left_alone("paused"), "resume it first"),
    ],
)
def test_what_cannot_be_tried_now_says_why(admin_client: Client, delivery: Callable[[], Delivery], why: str) -> None:
    held = delivery()
    before = list(Health.objects.values())
    shown = page(admin_client, held)
    assert "It cannot be tried now." in shown
    assert why in shown
    assert action(held, "try_now") not in shown
    admin_client.post(action(held, "try_now"), SUBMITTED)
    assert f"The delivery is held: {held.get_reason_display()}." in unescape(page(admin_client, held))
    assert list(Health.objects.values()) == before
    held.refresh_from_db()
    assert held.state == "held"


def test_a_retry_that_would_be_held_says_so_before_and_after(admin_client: Client) -> None:
    delivery = failing()
    until = timezone.now() + timedelta(hours=1)
    Health.objects.create(subscriber=delivery.subscriber, breaker="open", cause="throttled", open_until=until)
    why = "said itself for how long to wait"
    assert f"Tried now, it would not be sent at once. The subscriber {why}" in page(admin_client, delivery)
    assert why in admin_client.get(action(delivery, "try_now")).content.decode()
    admin_client.post(action(delivery, "try_now"), SUBMITTED)
    assert f"Due now, but not sent at once. The subscriber {why}" in page(admin_client, delivery)


def test_a_retry_that_is_sent_at_once_has_nothing_before_it(admin_client: Client) -> None:
    delivery = failing()
    assert "would not be sent at once" not in page(admin_client, delivery)
    assert "would not be sent at once" not in admin_client.get(action(delivery, "try_now")).content.decode()


@pytest.mark.parametrize("state", ["pending", "claimed", "dead"])
def test_what_is_not_held_has_no_reason_not_to_be_tried(admin_client: Client, state: str) -> None:
    assert "It cannot be tried now." not in page(admin_client, make_delivery(state=state))


def test_who_may_only_look_cannot_step_in(client: Client, django_user_model: Any) -> None:
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(viewer)
    delivery = make_delivery()
    for name in ("try_now", "stop_trying"):
        assert action(delivery, name) not in page(client, delivery)
        assert client.post(action(delivery, name), SUBMITTED).status_code == 403
