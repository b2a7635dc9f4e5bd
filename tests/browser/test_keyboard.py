"""The ledger and its replays without a mouse, from sign-in: why not, what next, as curl, replay, stop, resume."""

import re
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import PASSWORD, Desk
from tests.browser.keys import Keys
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

FILTER = 'data["body"]["country"] == "DE"'


@pytest.fixture(scope="module", autouse=True)
def _something_to_ask_about(desk_of_the_module: Desk) -> Iterator[None]:
    """One that takes an event, one that does not, one whose URL nobody answers; a clock, and a guard that is paused."""
    hub, receiver = desk_of_the_module.hub, desk_of_the_module.receiver
    hub.manage("subscribe", "order.created", f"{receiver.url}/orders", "--name", "warehouse")
    hub.manage("subscribe", "order.created", f"{receiver.url}/bills", "--name", "billing", "--filter", FILTER)
    hub.manage("subscribe", "tick.told", f"{receiver.url}/ticks", "--name", "clock")
    hub.manage("subscribe", "gate.opened", f"{receiver.url}/gates", "--name", "guard")
    hub.manage("pause", "guard")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # it is taken, and nobody listens there
        hub.manage("subscribe", "order.created", f"http://127.0.0.1:{deaf.getsockname()[1]}/", "--name", "nobody")
        for topic in ("order.created", *["tick.told"] * 6, *["gate.opened"] * 2):
            assert publish(hub, {"topic": topic, "data": {"body": {"country": "FR"}}})[0] == 202
        receiver.wait_for(7)
        yield


@pytest.fixture(scope="module", autouse=True)
def _signed_in_by_keyboard(desk_of_the_module: Desk) -> None:
    page = desk_of_the_module.page
    page.context.clear_cookies()
    desk_of_the_module.open()
    keys = Keys(page)
    expect(page.locator("[name=username]")).to_be_focused()
    keys.type("operator")
    keys.tab_to(page.locator("[name=password]"))
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.locator(".board-headline")).to_be_visible()


@pytest.fixture
def keys(desk: Desk) -> Keys:
    """At the first page."""
    desk.open()
    return Keys(desk.page)


def in_sidebar(page: Page, name: str) -> Locator:
    return page.locator("#nav-sidebar").get_by_role("link", name=re.compile(f"{re.escape(name)}$"))


def first_of_list(page: Page) -> Locator:
    return page.locator("#result_list tbody th a").first


def in_dialog(page: Page, button: str) -> Locator:
    return page.get_by_role("dialog").get_by_role("button", name=button)


def open_list(keys: Keys, name: str, **wanted: str) -> None:
    """By the sidebar; `wanted` is typed into the bar above the list."""
    page = keys.page
    keys.follow(in_sidebar(page, name))
    expect(page.locator("h1").first).to_contain_text(name)
    for label, text in wanted.items():
        keys.tab_to(page.get_by_label(label, exact=True))
        keys.type(text)
    if wanted:
        keys.press("Enter")
        page.wait_for_url("**?*")


def open_subscriber(keys: Keys, name: str) -> None:
    open_list(keys, "Subscribers")
    keys.follow(keys.page.get_by_role("link", name=re.compile(f"^{name} http")))
    expect(keys.page.locator("[name=target_url]")).to_be_visible()


def test_why_a_subscriber_did_not_get_an_event(keys: Keys) -> None:
    page = keys.page
    open_list(keys, "Events", Topic="order.created")
    keys.follow(first_of_list(page))
    keys.tab_to(page.get_by_label("Subscriber", exact=True))
    keys.type("billing")
    keys.press("Enter")
    expect(page.locator(".switch-answer")).to_contain_text("The filter is false for this event.")
    expect(page.locator(".switch-part.switch-blamed code")).to_have_text([FILTER])
    keys.tab_to(page.get_by_label("Subscriber", exact=True))
    keys.type("warehouse")
    keys.press("Enter")
    expect(page.locator(".switch-answer")).to_contain_text("It goes to this subscriber")
    keys.follow(page.get_by_role("link", name="The delivery"))
    expect(page.locator("body")).to_contain_text("Done: the subscriber took it.")
    keys.follow(page.get_by_role("link", name="Why does it go to this subscriber?"))
    expect(page.locator(".switch-answer")).to_contain_text("It goes to this subscriber")


def test_a_timeline_tells_what_was_sent_and_gives_it_as_curl(keys: Keys) -> None:
    page = keys.page
    open_list(keys, "Events", Topic="order.created")
    keys.follow(first_of_list(page))
    line = page.locator(".switch-line", has_text="warehouse").first
    expect(line.locator(".switch-step-done")).to_contain_text("200")
    keys.follow(line.get_by_role("link", name="delivery"))
    request = page.get_by_label("Request as sent")
    keys.follow(page.locator("summary", has_text="Request and response"), "Space")
    expect(request).to_be_hidden()
    keys.press("Enter")
    expect(request).to_be_visible()
    keys.follow(page.locator("summary", has_text="As curl"))
    curl = page.get_by_label("As a curl command")
    keys.tab_to(curl)
    expect(curl).to_contain_text("curl ")
    keys.follow(page.get_by_role("button", name="Copy"), "Space")
    expect(page.get_by_role("button", name=re.compile("Copied|Selected"))).to_be_focused()
    keys.tab_to(page.get_by_role("link", name="Attempt 1"), "Shift+Tab")
    keys.press("Enter")
    page.wait_for_url("**/dispatch/attempt/*/change/")
    expect(page.locator(".switch-timing svg")).to_be_visible()


def test_a_failing_delivery_is_tried_now_and_stopped(desk: Desk, keys: Keys) -> None:
    page = keys.page
    open_list(keys, "Deliveries")
    keys.choose(page.get_by_label("Error"), "connect")
    keys.follow(page.get_by_role("button", name="Filter", exact=True))
    desk.reload_until("1 delivery")
    keys.follow(first_of_list(page))
    expect(page.locator("body")).to_contain_text(re.compile(r"What happens next\s+Attempt \d+ (comes at|is due)"))
    coming = re.search(r"Attempt (\d+)", page.locator(".switch-step-coming").inner_text())
    assert coming
    keys.follow(page.get_by_role("link", name="Try now"))
    keys.follow(in_dialog(page, "Try now"))
    expect(page.locator("body")).to_contain_text("Due now: a consumer takes it at once.")
    desk.reload_until(f"Attempt {int(coming[1]) + 1}")
    keys.follow(page.get_by_role("link", name="Stop trying"))
    keys.follow(in_dialog(page, "Stop trying"), "Space")
    expect(page.locator("body")).to_contain_text("an operator stopped it")


def test_a_replay_from_the_filter_is_followed_and_stopped(desk: Desk, keys: Keys) -> None:
    page = keys.page
    open_list(keys, "Deliveries", Topic="tick.told")
    keys.choose(page.get_by_label("State"), "delivered")
    keys.follow(page.get_by_role("button", name="Filter", exact=True))
    desk.reload_until("6 deliveries")
    keys.follow(page.get_by_role("link", name="Replay all that match this filter"))
    expect(page.locator(".switch-count")).to_contain_text("6 delivered deliveries on tick.told.")
    keys.tab_to(page.locator("[name=rate]"))
    keys.type("0.05")
    keys.follow(page.get_by_role("button", name="Replay them"))
    expect(page.locator("[data-progress] progress")).to_be_visible()
    keys.follow(in_sidebar(page, "Deliveries"))
    keys.follow(page.get_by_role("link", name="A replay is running"))
    keys.follow(page.get_by_role("link", name="Stop"))
    keys.follow(in_dialog(page, "Stop"))
    expect(page.locator("body")).to_contain_text("Stopped. What it has made is still sent.")
    keys.follow(page.get_by_role("link", name="Show what it has made"))
    expect(page.locator(".switch-bar [name=replay]")).to_be_checked()


def test_a_subscribers_deliveries_are_replayed_from_its_page(desk: Desk, keys: Keys) -> None:
    page, before = keys.page, len(desk.receiver.requests)
    open_subscriber(keys, "warehouse")
    keys.follow(page.get_by_role("link", name="Replay dead"))
    expect(page.locator(".switch-count")).to_contain_text("0 dead deliveries of warehouse.")
    keys.choose(page.locator("[name=state]"), "delivered")
    keys.follow(page.get_by_role("button", name="Count"))
    expect(page.locator(".switch-count")).to_contain_text("1 delivered delivery of warehouse.")
    keys.follow(page.get_by_role("button", name="Replay it"), "Space")
    desk.receiver.wait_for(before + 1)
    desk.reload_until("1 made of 1 (100%)")


def test_a_backlog_is_discarded_when_its_subscriber_is_resumed(keys: Keys) -> None:
    page = keys.page
    open_subscriber(keys, "guard")
    keys.follow(page.get_by_role("link", name="Resume"))
    send = page.get_by_role("dialog").get_by_label("Send it")
    expect(send).to_be_focused()
    keys.press("ArrowDown")
    expect(page.get_by_role("dialog").get_by_label("Discard it")).to_be_checked()
    keys.follow(in_dialog(page, "Resume"))
    expect(page.locator("body")).to_contain_text("Resumed. Discarded: 2.")
    expect(page.get_by_role("link", name="Pause")).to_be_visible()
