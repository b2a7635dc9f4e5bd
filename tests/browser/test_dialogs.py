"""The dialogs of actions by keyboard alone: the focus goes in, stays inside, and comes back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk import Desk
from tests.flows.publisher import publish
from tests.servers.processes import free_port

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

INSIDE = "document.getElementById('modal-content').contains(document.activeElement)"


@pytest.fixture(scope="module", autouse=True)
def _subscribers(desk_of_the_module: Desk) -> None:
    hub, receiver = desk_of_the_module.hub, desk_of_the_module.receiver
    hub.manage("subscribe", "door.opened", f"{receiver.url}/doors", "--name", "porter")
    hub.manage("subscribe", "door.opened", f"http://127.0.0.1:{free_port()}/", "--name", "nobody")
    hub.manage("subscribe", "door.closed", f"{receiver.url}/closed", "--name", "guard")
    hub.manage("subscribe", "door.moved", f"{receiver.url}/moved", "--name", "mover")
    hub.manage("pause", "guard")
    assert publish(hub, {"topic": "door.opened", "data": {}})[0] == 202
    receiver.wait_for(1)


def open_subscriber(desk: Desk, name: str) -> None:
    desk.open(f"subscribers/subscriber/?q={name}")
    desk.page.click("tbody th a")


def test_what_closes_a_dialog_is_a_button_with_a_name(desk: Desk) -> None:
    page = desk.page
    open_subscriber(desk, "porter")
    press_enter_on(page, "Pause")
    dialog = page.get_by_role("dialog", name="Pause this subscriber?")
    dialog.get_by_role("button", name="Close").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Pause")).to_be_focused()


def open_waiting_delivery(desk: Desk) -> None:
    desk.open("dispatch/delivery/?q=nobody")
    desk.page.click("#result_list tbody th a")


def press_enter_on(page: Page, action: str) -> None:
    page.get_by_role("link", name=action).focus()
    page.keyboard.press("Enter")


#: Presses the button of the dialog at the moment at which the focus comes into it.
PRESS_AT_ONCE = """document.addEventListener("focusin", (event) => {
    event.target.closest("#modal-content")?.querySelector("[type=submit]").click();
})"""


@contextmanager
def held_up(page: Page, script: str) -> Iterator[None]:
    """The page does not get this script, and so is not ready, until the context is left."""
    requests: list[Route] = []
    page.route(script, lambda request: requests.append(request))
    yield
    for request in requests:
        request.continue_()
    page.unroute(script)


def assert_keeps_the_focus(desk: Desk) -> None:
    """Tab goes round in both directions, and each stop is reached again."""
    page = desk.page
    for key in ("Tab", "Shift+Tab"):
        reached = []
        for _ in range(12):
            page.keyboard.press(key)
            assert page.evaluate(INSIDE), f"{key} leaves the dialog"
            reached.append(page.evaluate("document.activeElement.outerHTML"))
        assert reached.index(reached[0], 1) > 1, "there is more than one stop, and the first comes again"


@pytest.mark.parametrize(
    ("subscriber", "action", "field"),
    [("porter", "Pause", "reason"), ("guard", "Resume", "backlog")],
)
def test_a_dialog_with_fields_takes_the_focus_into_its_first(
    desk: Desk, subscriber: str, action: str, field: str
) -> None:
    page = desk.page
    open_subscriber(desk, subscriber)
    press_enter_on(page, action)
    expect(page.get_by_role("dialog").locator(f"[name={field}]").first).to_be_focused()
    assert_keeps_the_focus(desk)
    desk.assert_accessible("#modal-content")
    page.keyboard.press("Escape")
    expect(page.locator("#modal-content")).to_be_hidden()
    expect(page.get_by_role("link", name=action)).to_be_focused()


def test_a_dialog_asked_for_before_the_page_is_ready_opens_once_it_is(desk: Desk) -> None:
    page = desk.page
    open_subscriber(desk, "porter")
    address = page.url
    with held_up(page, "**/workbench/page*.js"):
        page.reload(wait_until="commit")
        press_enter_on(page, "Pause")
        assert page.evaluate("document.readyState") == "interactive", "it was pressed too late"
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url == address


@pytest.mark.parametrize("action", ["Try now", "Stop trying"])
def test_a_dialog_without_fields_takes_the_focus_to_its_heading(desk: Desk, action: str) -> None:
    page = desk.page
    open_waiting_delivery(desk)
    press_enter_on(page, action)
    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    assert_keeps_the_focus(desk)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=action)).to_be_focused()


def test_cancel_gives_the_focus_back_and_the_dialog_opens_again(desk: Desk) -> None:
    page = desk.page
    open_waiting_delivery(desk)
    for _ in range(2):
        press_enter_on(page, "Stop trying")
        expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Cancel")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#modal-content")).to_be_hidden()
        expect(page.get_by_role("link", name="Stop trying")).to_be_focused()


def test_what_is_pressed_at_once_in_a_dialog_is_done(desk: Desk) -> None:
    page = desk.page
    open_waiting_delivery(desk)
    page.evaluate(PRESS_AT_ONCE)
    press_enter_on(page, "Try now")
    expect(page.locator("body")).to_contain_text("Due now")


def test_a_subscriber_is_paused_by_keyboard_alone(desk: Desk) -> None:
    page = desk.page
    open_subscriber(desk, "mover")
    press_enter_on(page, "Pause")
    expect(page.locator("[name=reason]")).to_be_focused()
    page.keyboard.type("it moves house")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("it moves house")
    expect(page.get_by_role("link", name="Resume")).to_be_visible()
