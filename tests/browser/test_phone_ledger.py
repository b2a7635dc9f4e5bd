"""The ledger's pages and dialogs on a phone, with names and addresses as long as they come."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import phone
from tests.browser.desk import Desk
from tests.flows.ledger import Ledger
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

TOPIC = "warehouse.shelf.quantity.changed"
PATH = "/webhooks/inventory/v2/shelves?source=switch&token=a-secret-of-some-length"
EVENTS = 4
ROWS = ("event", "delivery", "attempt", "replay", "apikey", "alert")
MAKE_ALERT = """
from django.utils import timezone
from dispatch.models import Alert
now = timezone.now()
sentence = "The subscriber inventory-of-the-northern-warehouse has taken nothing for 15 minutes, though it was tried."
Alert.objects.create(key="x", kind="failing", sentence=sentence, since=now, noticed_at=now, told_at=now)
"""


@pytest.fixture(scope="module", autouse=True)
def _rows(desk_of_the_module: Desk) -> None:
    """An event that was sent, one that is held, a replay that goes on for long, a key, an alert."""
    hub, receiver = desk_of_the_module.hub, desk_of_the_module.receiver
    hub.manage("subscribe", TOPIC, receiver.url + PATH, "--name", "inventory-of-the-northern-warehouse")
    hub.manage("subscribe", "gate.opened", f"{receiver.url}/gates", "--name", "guard")
    hub.manage("pause", "guard")
    data = {"body": {"shelf": "A" * 80}, "headers": {"X-Trace": "t" * 120, "Authorization": "Bearer hunter2"}}
    for topic in (*[TOPIC] * EVENTS, "gate.opened"):
        assert publish(hub, {"topic": topic, "data": data})[0] == 202
    Ledger(hub).wait_for(TOPIC, count=EVENTS, state="delivered")
    hub.manage("replay", "--topic", TOPIC, "--rate", "0.01")
    hub.manage("api_key", "deployer-of-the-northern-warehouse", "--scope", "all")
    hub.manage("shell", "-c", MAKE_ALERT)


@pytest.fixture(autouse=True)
def page(desk: Desk) -> Page:
    desk.page.set_viewport_size({"width": phone.WIDTH, "height": phone.HEIGHT})
    return desk.page


def open_subscriber(desk: Desk, name: str) -> None:
    desk.open(f"subscribers/subscriber/?q={name}")
    desk.page.locator("#result_list tbody th a").first.click()


@pytest.mark.parametrize(("kind", "scheme"), [(kind, ("light", "dark")[n % 2]) for n, kind in enumerate(ROWS)])
def test_a_list_and_its_row_serve_on_a_phone(desk: Desk, page: Page, kind: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    desk.open(f"dispatch/{kind}/")
    row = page.locator("#result_list tbody th a").first
    expect(row).to_be_visible()
    phone.assert_serves(page)
    row.click()
    page.wait_for_url("**/change/*")
    desk.assert_accessible()
    phone.assert_serves(page)


def test_an_exchange_serves_with_all_that_it_hides(desk: Desk, page: Page) -> None:
    desk.open(f"dispatch/delivery/?topic={TOPIC}&state=delivered")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_text("As curl").click()
    expect(page.get_by_label("As a curl command")).to_be_visible()
    phone.assert_serves(page)


def test_the_answer_to_why_not_serves(desk: Desk, page: Page) -> None:
    desk.open(f"dispatch/event/?topic={TOPIC}")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_label("Subscriber", exact=True).fill("guard")
    page.get_by_label("Subscriber", exact=True).press("Enter")
    expect(page.locator(".switch-answer")).to_contain_text("the subscriber wants gate.opened")
    desk.assert_accessible()
    phone.assert_serves(page)


def test_a_replay_is_counted(desk: Desk, page: Page) -> None:
    desk.open("dispatch/replay/new/")
    phone.assert_serves(page)
    page.get_by_label("Topic").fill(TOPIC)
    page.get_by_role("button", name="Count").click()
    expect(page.locator(".switch-count")).to_contain_text(f"on {TOPIC}.")
    phone.assert_serves(page)


def test_a_running_replay_shows_above_the_list_and_is_asked_to_stop(desk: Desk, page: Page) -> None:
    desk.open("dispatch/delivery/")
    expect(page.locator(".switch-running-replay progress")).to_be_visible()
    phone.assert_serves(page)
    page.get_by_role("link", name="A replay is running").click()
    expect(page.locator("[data-progress] progress")).to_be_visible()
    phone.act(page, "Stop")
    phone.assert_serves(page, "#modal-content")


def test_past_events_are_counted(desk: Desk, page: Page) -> None:
    open_subscriber(desk, "guard")
    phone.choose(page, "Deliver past events")
    page.get_by_label("Published since").fill("1h")
    page.get_by_role("button", name="Count").click()
    expect(page.locator(".switch-count")).to_contain_text("for guard")
    desk.assert_accessible()
    phone.assert_serves(page)


@pytest.mark.parametrize(
    ("subscriber", "action"),
    [("guard", "Resume"), ("inventory-of-the-northern-warehouse", "Pause")],
)
def test_a_dialog_of_a_subscriber_serves(desk: Desk, page: Page, subscriber: str, action: str) -> None:
    open_subscriber(desk, subscriber)
    phone.assert_serves(page)
    phone.act(page, action)
    desk.assert_accessible("#modal-content")
    phone.assert_serves(page, "#modal-content")
