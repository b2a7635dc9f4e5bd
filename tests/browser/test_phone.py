"""Pages with tables, long words and lists fit the window, a phone's most of all, and serve everybody there."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

PHONE, DESK = 390, 1360
PAGES = ("storage/", "dispatch/apikey/add/", "dispatch/alert/", "dispatch/replay/new/", "auth/group/1/change/")


def assert_fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("path", "scheme"), [(path, ("light", "dark")[n % 2]) for n, path in enumerate(PAGES)])
def test_page_fits_a_phone_and_axe_finds_no_serious_fault(desk: Desk, path: str, scheme: Any) -> None:
    page = desk.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": PHONE, "height": 844})
    desk.open(path)
    expect(page.locator("h1").first).to_be_visible()
    assert_fits(page, PHONE)
    desk.assert_accessible()


@pytest.mark.parametrize("path", PAGES)
def test_page_fits_a_desk(desk: Desk, path: str) -> None:
    desk.open(path)
    expect(desk.page.locator("h1").first).to_be_visible()
    assert_fits(desk.page, DESK)


def test_texts_of_scopes_are_whole_on_a_phone(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": PHONE, "height": 844})
    desk.open("dispatch/apikey/add/")
    texts = desk.page.locator(".field-scopes label span.truncate")
    assert texts.count() > 3
    for text in texts.all():
        assert text.evaluate("each => each.scrollWidth <= each.clientWidth"), text.inner_text()


def test_the_actions_of_a_page_are_behind_a_button_with_a_name(desk: Desk) -> None:
    page = desk.page
    page.set_viewport_size({"width": PHONE, "height": 844})
    desk.open("dispatch/replay/")
    button = page.get_by_role("button", name="Actions", exact=True)
    new = page.get_by_role("link", name="New replay")
    expect(new).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(new).to_be_visible()


def test_a_wide_table_is_scrolled_by_keyboard(desk: Desk) -> None:
    page = desk.page
    page.set_viewport_size({"width": PHONE, "height": 844})
    desk.open("storage/")
    table = page.get_by_role("region", name="What retention removes next, the table")
    assert table.evaluate("each => each.scrollWidth > each.clientWidth")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("each => each.scrollLeft > 0", arg=table.element_handle())


def test_a_list_is_sorted_on_a_phone(desk: Desk) -> None:
    page = desk.page
    for name in ("aardvark", "zebra"):
        desk.hub.manage("subscribe", "sort.me", f"{desk.receiver.url}/{name}", "--name", name)
    page.set_viewport_size({"width": PHONE, "height": 844})
    desk.open("subscribers/subscriber/?q=sort.me")
    names = page.locator("#result_list tbody th")
    page.locator("thead").get_by_role("link", name="Subscriber", exact=True).click()
    expect(names).to_contain_text(["aardvark", "zebra"])
    page.locator("thead").get_by_role("link", name="Toggle sorting").click()
    expect(names).to_contain_text(["zebra", "aardvark"])
    assert_fits(page, PHONE)
    desk.assert_accessible()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_name_of_a_subscriber_is_whole_beside_its_actions(desk: Desk, width: int) -> None:
    page = desk.page
    name = f"reports-{width}"
    desk.hub.manage("subscribe", "name.told", f"{desk.receiver.url}/told", "--name", name)
    page.set_viewport_size({"width": width, "height": 844})
    desk.open(f"subscribers/subscriber/?q={name}")
    page.click("#result_list tbody th a")
    shown = page.locator("h1").get_by_text(name)
    assert shown.evaluate("each => each.scrollWidth <= each.clientWidth")
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("#result_list")).to_be_visible()
