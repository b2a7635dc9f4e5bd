"""What an operator asks of the ledger at night, in a real browser: where is it, why not, what next, send it again."""

import re
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

PHONE = {"width": 390, "height": 800}
FILTER = 'data["body"]["total"] > 100 and data["body"]["country"] == "DE"'


@pytest.fixture(scope="module", autouse=True)
def _something_to_ask_about(desk_of_the_module: Desk) -> Iterator[None]:
    """Two subscribers of a topic, one of which does not want the event, and one whose URL nobody answers."""
    hub, receiver = desk_of_the_module.hub, desk_of_the_module.receiver
    hub.manage("subscribe", "order.created", f"{receiver.url}/orders", "--name", "warehouse")
    hub.manage("subscribe", "order.created", f"{receiver.url}/bills", "--name", "billing", "--filter", FILTER)
    data = {"body": {"total": 150, "country": "FR"}, "headers": {"Authorization": "Bearer hunter2"}}
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # it is taken, and nobody listens there
        hub.manage("subscribe", "order.created", f"http://127.0.0.1:{deaf.getsockname()[1]}/", "--name", "nobody")
        assert publish(hub, {"topic": "order.created", "data": data})[0] == 202
        receiver.wait_for(1)
        yield


@pytest.fixture
def phone(desk: Desk) -> Iterator[Page]:
    wide = desk.page.viewport_size
    desk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    yield desk.page
    desk.page.set_viewport_size(wide)  # type: ignore[arg-type]


@pytest.fixture
def _no_replay_is_left_running(desk: Desk) -> Iterator[None]:
    """Whether its test passes or not: the list of deliveries shows each that runs."""
    yield
    for line in desk.hub.manage("replay", "--list").stdout.splitlines():
        replay_id, status, *_ = line.split()
        if status == "running":
            desk.hub.manage("replay", "--stop", replay_id)


def open_event(desk: Desk) -> None:
    desk.open("dispatch/event/?topic=order.created")
    desk.page.click("#result_list tbody th a")


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_why_a_subscriber_did_not_get_an_event(desk: Desk) -> None:
    page = desk.page
    open_event(desk)
    asked = page.get_by_label("Subscriber", exact=True)
    asked.press_sequentially("bil")
    expect(page.locator("datalist option[value=billing]")).to_have_count(1)
    asked.fill("billing")
    asked.press("Enter")
    expect(page.locator(".switch-answer")).to_contain_text("The filter is false for this event.")
    expect(page.locator(".switch-part.switch-blamed code")).to_have_text(['data["body"]["country"] == "DE"'])
    expect(page.locator("body")).to_contain_text('= "FR"')
    assert "hunter2" not in page.content()
    desk.assert_accessible()
    page.fill("[name=subscriber]", "warehouse")
    page.keyboard.press("Enter")
    expect(page.locator(".switch-answer")).to_contain_text("It goes to this subscriber")


def test_a_failing_delivery_tells_what_comes_next_and_is_stopped(desk: Desk) -> None:
    page = desk.page
    open_event(desk)
    desk.reload_until("Nobody answered at that address")
    line = page.locator(".switch-line", has_text="nobody")
    expect(line).to_contain_text("To send it again is safe")
    expect(line.locator(".switch-step-coming")).to_contain_text(
        re.compile(r"Attempt \d+\s+(at \d\d:\d\d:\d\d \(in|is due)")
    )
    line.locator("h3 a").click()
    expect(page.locator(".switch-timing svg").last).to_be_visible()
    page.get_by_text("As curl").last.click()
    expect(page.locator("[data-copied]").last).to_contain_text("-H 'Authorization: ***'")
    page.get_by_role("button", name="Copy").last.click()
    expect(page.get_by_role("button", name=re.compile("Copied|Selected"))).to_be_visible()
    desk.assert_accessible()
    page.get_by_role("link", name="Try now").click()
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("body")).to_contain_text("Due now: a consumer takes it at once.")
    desk.reload_until("Attempt 2")
    page.get_by_role("link", name="Stop trying").click()
    page.get_by_role("button", name="Stop trying").click()
    expect(page.locator("body")).to_contain_text("an operator stopped it")


def test_an_event_shows_what_an_attempt_has_sent_in_place(desk: Desk) -> None:
    page = desk.page
    open_event(desk)
    desk.reload_until("Attempt 1")
    address = page.url
    opened = page.locator(".switch-step-done details").first
    opened.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(opened.get_by_label("Request as sent")).to_contain_text("Authorization: ***")
    expect(opened.get_by_label("Response")).to_contain_text("HTTP 200")
    expect(opened.locator(".switch-timing")).to_contain_text("first byte")
    opened.get_by_text("As curl").click()
    expect(opened.locator("[data-copied]")).to_contain_text("curl -X POST")
    opened.get_by_role("button", name="Copy").click()
    expect(opened.get_by_role("button", name=re.compile("Copied|Selected"))).to_be_visible()
    desk.assert_accessible()
    assert page.url == address


def test_what_cannot_be_fetched_is_behind_a_link(desk: Desk) -> None:
    page = desk.page
    open_event(desk)
    desk.reload_until("Attempt 1")
    page.route("**/exchange/", lambda request: request.abort(), times=1)
    opened = page.locator(".switch-step details").first
    with page.expect_console_message(lambda message: "ERR_FAILED" in message.text):
        opened.locator("> summary").click()
    expect(opened).to_contain_text("They stand on the attempt's own page.")
    desk.complaints.clear()


def test_lists_are_narrowed_and_their_times_are_told(desk: Desk) -> None:
    page = desk.page
    desk.open("dispatch/delivery/")
    expect(page.locator("#result_list time").first).to_have_text(re.compile("second|minute|now"))
    expect(page.locator("#result_list time").first).to_have_attribute("title", re.compile(r"\d{4}-.*UTC$", re.S))
    page.get_by_label("Error").select_option("connect")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("nobody")
    page.get_by_label("Status").fill("teapot")
    page.get_by_label("Status").press("Enter")
    expect(page.locator(".switch-wrong")).to_contain_text("Write a status such as 500")
    expect(page.locator("body")).to_contain_text("Nothing matches")
    desk.assert_accessible()


def test_the_palette_jumps_to_an_id_by_the_keyboard(desk: Desk) -> None:
    page = desk.page
    open_event(desk)
    event_id = page.url.split("/event/")[1].split("/")[0]
    desk.open("dispatch/replay/")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially(event_id)
    expect(page.locator("#command-results")).to_contain_text("Event on order.created")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dispatch/event/{event_id}/change/")


@pytest.mark.usefixtures("_no_replay_is_left_running")
def test_a_replay_shows_its_progress_and_goes_on_when_left(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "tick.told", f"{desk.receiver.url}/ticks", "--name", "clock")
    for _ in range(6):
        assert publish(desk.hub, {"topic": "tick.told", "data": {}})[0] == 202
    desk.open("dispatch/delivery/?topic=tick.told&state=delivered")
    desk.reload_until("6 deliveries")
    page.get_by_role("link", name="Replay all that match this filter").click()
    expect(page.locator(".switch-count")).to_contain_text("6 delivered deliveries on tick.told.")
    page.fill("[name=rate]", "1")
    page.get_by_role("button", name="Replay them").click()
    expect(page.locator("[data-progress] progress")).to_be_visible()
    desk.open("dispatch/delivery/")
    bar = page.locator(".switch-running-replay progress")
    expect(bar).to_be_visible()
    expect(bar).not_to_have_attribute("value", bar.get_attribute("value") or "")
    page.get_by_role("link", name="A replay is running").click()
    page.get_by_role("link", name="Stop").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("body")).to_contain_text("Stopped. What it has made is still sent.")
    page.get_by_role("link", name="Show what it has made").click()
    expect(page.locator(".switch-bar [name=replay]")).to_be_checked()


@pytest.mark.usefixtures("_no_replay_is_left_running")
def test_the_menu_of_a_row_is_used_by_keyboard_alone(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "bell.rung", f"{desk.receiver.url}/bells", "--name", "ringer")
    for _ in range(3):
        assert publish(desk.hub, {"topic": "bell.rung", "data": {}})[0] == 202
    desk.open("dispatch/delivery/?subscriber=ringer&state=delivered")
    desk.reload_until("3 deliveries")
    desk.hub.manage("replay", "--subscriber", "ringer", "--since", "1h", "--rate", "0.01")
    desk.open("dispatch/replay/?subscriber=ringer")
    button = page.locator("#result_list").get_by_role("button", name="More actions")
    stop = page.get_by_role("navigation", name="More actions").get_by_role("link", name="Stop")
    button.focus()
    for close in ("Escape", "Tab", "Shift+Tab"):
        page.keyboard.press("Enter")
        expect(stop).to_be_focused()
        expect(button).to_have_attribute("aria-expanded", "true")
        page.keyboard.press(close)
        expect(button).to_be_focused()
        expect(stop).to_be_hidden()
    page.keyboard.press("Space")
    expect(stop).to_be_focused()
    desk.assert_accessible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("Stopped. What it has made is still sent.")


@pytest.mark.usefixtures("_no_replay_is_left_running")
def test_the_menu_of_a_row_is_used_by_mouse(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("replay", "--topic", "never.published")
    desk.open("dispatch/replay/")
    menu = page.get_by_role("navigation", name="More actions")
    page.locator("#result_list").get_by_role("button", name="More actions").first.click()
    expect(menu).to_be_visible()
    page.locator("h1").click()
    expect(menu).to_be_hidden()


def test_pages_fit_a_phone(desk: Desk, phone: Page) -> None:
    open_event(desk)
    assert_fits(phone)
    phone.locator(".switch-line h3 a").first.click()
    expect(phone.locator(".switch-exchange").first).to_be_visible()
    assert_fits(phone)
    desk.open("dispatch/delivery/?status=418")
    expect(phone.get_by_role("button", name="Filter", exact=True)).to_be_visible()
    assert_fits(phone)
    desk.open("why-not/")
    assert_fits(phone)
    desk.assert_accessible()
