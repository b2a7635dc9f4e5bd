"""Where payloads are hidden, no surface shows a viewer a value of one; an operator sees them everywhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from dispatch.models import Attempt, Delivery, Event
from dispatch.viewing import looking, seen_error
from subscribers.models import Subscriber
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.api.caller import Caller, staff
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.switchsite.test_roles import member

pytestmark = pytest.mark.django_db

#: What each place of the payload holds, and nothing else does.
KNOWN = ("K17body", "K17header", "K17query", "K17path", "K17deep", "K17attribute", "K17answer")
EXPRESSION = 'data["body"]["note"] == "other" or data["body"]["note"] > 5'


@dataclass
class Ledger:
    """One event with the known values, on its way to a subscriber, and two who look at it."""

    subscriber: Subscriber
    event: Event
    delivery: Delivery
    attempt: Attempt
    client: Client
    api: Caller


@pytest.fixture(autouse=True)
def _nobody_is_throttled() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def ledger(role: str) -> Ledger:
    payload = (
        '{"body":{"note":"K17body","deep":[{"value":"K17deep"}]},"headers":{"X-Note":"K17header"},'
        '"query_params":{"q":"K17query"},"path_params":{"id":"K17path"}}'
    )
    subscriber = make_subscriber(
        name="billing",
        target_url="http://billing:8000/orders/:id",
        filter_expression=EXPRESSION,
        last_filter_error="It cannot be worked out: 'K17body' is no number.",
        filter_error_count=1,
    )
    event = make_event(payload=payload, attributes={"subject": "K17attribute"})
    delivery = make_delivery(subscriber, event, last_error="http://billing:8000/orders/K17path cannot be reached.")
    make_delivery(
        subscriber,
        state="dead",
        reason="permanent",
        last_error="Invalid URL 'http:///orders/K17path': No host supplied",
    )
    url = "http://billing:8000/orders/K17path?q=K17query"
    attempt = make_attempt(
        delivery,
        url=url,
        request_headers="X-Note: K17header",
        response_headers="X-Echo: K17header",
        response_body="You said K17answer",
        status=None,
        error_kind="connect",
        error=f"{url} cannot be reached.",
    )
    client = Client()
    client.force_login(member(role))
    return Ledger(subscriber, event, delivery, attempt, client, staff([role], username=f"{role}2"))


def admin_page(name: str, row: str = "") -> Callable[[Ledger], str]:
    def shown(given: Ledger) -> str:
        arguments = [getattr(given, row).pk] if row else []
        answer = given.client.get(reverse(f"admin:{name}", args=arguments))
        assert answer.status_code == 200
        return answer.content.decode()

    return shown


def api(path: str, body: Callable[[Ledger], Any] | None = None) -> Callable[[Ledger], str]:
    def shown(given: Ledger) -> str:
        filled = path.format(
            **{name: getattr(given, name).pk for name in ("subscriber", "event", "delivery", "attempt")}
        )
        answer = given.api.post(filled, body(given)) if body else given.api.get(filled)
        assert answer.status == 200, answer.json
        return str(answer.json)

    return shown


#: Whoever adds a page, an answer or a command that tells of events, adds a line here.
SURFACES: dict[str, Callable[[Ledger], str]] = {
    "admin: events": admin_page("dispatch_event_changelist"),
    "admin: event": admin_page("dispatch_event_change", "event"),
    "admin: deliveries": admin_page("dispatch_delivery_changelist"),
    "admin: delivery": admin_page("dispatch_delivery_change", "delivery"),
    "admin: attempts": admin_page("dispatch_attempt_changelist"),
    "admin: attempt": admin_page("dispatch_attempt_change", "attempt"),
    "admin: exchange": admin_page("dispatch_attempt_exchange", "attempt"),
    "admin: subscribers": admin_page("subscribers_subscriber_changelist"),
    "admin: subscriber": admin_page("subscribers_subscriber_change", "subscriber"),
    "admin: history": admin_page("subscribers_subscriber_history", "subscriber"),
    "admin: index": admin_page("index"),
    "admin: why not": lambda given: given.client.get(
        reverse("why_not"), {"event": given.event.pk, "subscriber": given.subscriber.pk}
    ).content.decode(),
    "admin: flow map": lambda given: given.client.get(reverse("flow_map")).content.decode(),
    "API: events": api("events"),
    "API: event": api("events/{event}"),
    "API: deliveries": api("deliveries"),
    "API: delivery": api("deliveries/{delivery}"),
    "API: attempts": api("attempts"),
    "API: attempt": api("attempts/{attempt}"),
    "API: subscribers": api("subscribers"),
    "API: subscriber": api("subscribers/{subscriber}"),
    "API: explanation": api("subscribers/{subscriber}/explain", lambda given: {"event": str(given.event.pk)}),
}
#: Of those, the ones on which an operator does see a value: proof that the test would find one.
TELLING = (
    *("admin: event", "admin: delivery", "admin: attempts", "admin: attempt", "admin: exchange"),
    "admin: subscriber",
    *("API: event", "API: delivery", "API: attempts", "API: attempt", "API: subscriber", "API: explanation"),
)


@pytest.mark.parametrize("surface", SURFACES)
def test_no_surface_shows_a_viewer_a_value_of_a_payload(settings: Settings, surface: str) -> None:
    settings.SWITCH_MASK_PAYLOADS = True
    shown = SURFACES[surface](ledger("viewer"))
    assert [value for value in KNOWN if value in shown] == []


@pytest.mark.parametrize("surface", TELLING)
@pytest.mark.parametrize(("role", "is_masked"), [("operator", True), ("viewer", False)])
def test_others_see_them(settings: Settings, surface: str, role: str, is_masked: bool) -> None:
    settings.SWITCH_MASK_PAYLOADS = is_masked
    shown = SURFACES[surface](ledger(role))
    assert [value for value in KNOWN if value in shown] != []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("subscribers/{0}/back-test", ["expression"]),
        ("subscribers/{0}/test", ["event"]),
        ("subscribers/{0}/explain", ["expression", "event"]),
        ("back-test", ["topic", "expression"]),
        ("explain", ["expression", "event"]),
    ],
)
def test_a_viewer_cannot_ask_questions_of_his_own(settings: Settings, path: str, fields: list[str]) -> None:
    settings.SWITCH_MASK_PAYLOADS = True
    given = ledger("viewer")
    asked = {"expression": 'data["body"]["note"] == "K17body"', "topic": "orders", "event": str(given.event.pk)}
    answer = given.api.post(path.format(given.subscriber.pk), {name: asked[name] for name in fields})
    assert answer.status in (403, 404), answer.json
    assert "K17" not in str(answer.json)


def test_secrets_are_masked_for_everybody_at_any_depth() -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    payload = '{"body":{"user":{"password":"K17body"},"total":1.50}}'
    delivery = make_delivery(event=make_event(payload=payload))
    for name, row in (("event", delivery.event), ("attempt", make_attempt(delivery))):
        shown = admin.get(reverse(f"admin:dispatch_{name}_change", args=[row.pk])).content.decode()
        assert "K17body" not in shown
        assert "password" in shown


def test_a_command_sees_what_the_setting_says(settings: Settings) -> None:
    assert seen_error("It cannot be worked out: 'K17'") == "It cannot be worked out: 'K17'"
    settings.SWITCH_MASK_PAYLOADS = True
    assert seen_error("It cannot be worked out: 'K17'") == "It cannot be worked out: ***"


#: As earlier versions stored them, of URLs that were filled with an event's values.
STORED_WITH_VALUES = (
    "Invalid URL 'http:///o/K17': No host supplied",
    "Invalid URL 'o/K17': No scheme supplied. Perhaps you meant https://o/K17?",
    "Failed to parse: http://[/o/K17",
    "No request could be built: ValueError('K17')",
)


@pytest.mark.parametrize("error", STORED_WITH_VALUES)
def test_nobody_sees_the_values_in_a_stored_error_of_a_filled_url(error: str) -> None:
    with looking(lambda: True):
        assert "K17" not in seen_error(error)


@pytest.mark.parametrize("name", ["dispatch_delivery_changelist", "dispatch_delivery_change", "index"])
def test_an_admin_sees_no_secret_in_the_error_of_a_dead_delivery(name: str) -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    delivery = make_delivery(state="dead", reason="permanent", last_error=STORED_WITH_VALUES[0])
    arguments = [delivery.pk] if name.endswith("_change") else []
    assert "K17" not in admin.get(reverse(f"admin:{name}", args=arguments)).content.decode()
