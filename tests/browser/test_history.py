"""The history of a subscriber and files of subscribers, as an operator uses them: at a desk and on a phone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(120)]

PHONE = {"width": 390, "height": 844}


def test_a_change_is_found_and_reverted_by_keyboard(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "order.paid", f"{desk.receiver.url}/first", "--name", "billing", "--filter", "1 < 2")
    desk.open("subscribers/subscriber/?q=billing")
    page.click("tbody th a")
    page.fill("[name=target_url]", f"{desk.receiver.url}/second")
    page.click("[name=_continue]")
    page.get_by_role("link", name="Show all changes").click()
    changed = page.locator(".switch-change").first
    expect(changed).to_contain_text("Changed by operator")
    expect(changed.locator("del")).to_contain_text("/first")
    expect(changed.locator("ins")).to_contain_text("/second")
    expect(page.locator(".switch-change").last).to_contain_text("manage.py subscribe")
    desk.assert_accessible()
    page.get_by_role("link", name="Revert to this, how it was at").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".switch-differences")).to_contain_text("/first")
    desk.assert_accessible()
    page.get_by_role("button", name="Revert").focus()
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("Its state and its secret stay as they are.")
    expect(page.locator("[name=target_url]")).to_have_value(f"{desk.receiver.url}/first")
    page.get_by_role("link", name="Show all changes").click()
    expect(page.locator(".switch-change").first).to_contain_text("Reverted to how it was at")


def test_a_file_is_exported_mended_shown_and_imported_on_a_phone(desk: Desk, tmp_path: Path) -> None:
    page = desk.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type] # it is of the two numbers
    desk.hub.manage("subscribe", "stock.low", f"{desk.receiver.url}/shelves", "--name", "shelf")
    desk.open("subscribers/subscriber/files")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="YAML").click()
    file = tmp_path / "subscribers.yaml"
    downloading.value.save_as(file)
    exported = file.read_text()
    file.write_text(exported.replace("retry_limit: 25", "retry_limit: 1000"))
    _show(desk, file)
    expect(page.get_by_role("alert")).to_contain_text("retry_limit")
    desk.assert_accessible()
    file.write_text(exported.replace("topic: stock.low", "topic: stock.*"))
    _show(desk, file)
    expect(page.locator(".switch-count")).to_contain_text("1 changed")
    expect(page.locator(".switch-change del")).to_have_text("stock.low")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    desk.assert_accessible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("body")).to_contain_text("Imported: 0 created, 1 changed")
    assert "topic: stock.*" in desk.hub.manage("export_subscribers").stdout


def _show(desk: Desk, file: Path) -> None:
    desk.page.set_input_files("[name=file]", file)
    desk.page.get_by_role("button", name="Show what it would change").click()


def test_a_new_secret_is_made_shown_once_and_told_in_the_history(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "order.sent", f"{desk.receiver.url}/sent", "--name", "courier")
    desk.open("subscribers/subscriber/?q=courier")
    page.click("tbody th a")
    page.get_by_role("link", name="New secret").click()
    desk.assert_accessible()
    page.fill("[name=overlap_hours]", "2")
    page.get_by_role("button", name="Make it").focus()
    page.keyboard.press("Enter")
    shown = page.locator("#secret")
    expect(shown).to_have_text(re.compile("^whsec_"))
    desk.assert_accessible()
    secret = shown.inner_text()
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.locator("[name=secret]")).to_have_value("")
    assert secret not in page.content()
    page.get_by_role("link", name="Show all changes").click()
    expect(page.locator(".switch-change").first).to_contain_text("secret")
    assert secret not in page.content()


def test_a_new_secret_within_an_overlap_is_refused_until_it_is_forced(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "order.moved", f"{desk.receiver.url}/moved", "--name", "mover")
    desk.open("subscribers/subscriber/?q=mover")
    page.click("tbody th a")
    for _ in range(2):  # the first gives way to the second
        page.get_by_role("link", name="New secret").click()
        page.get_by_role("button", name="Make it").click()
        page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_role("link", name="New secret").click()
    desk.assert_accessible()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("body")).to_contain_text("Wait until then, or force it.")
    desk.assert_accessible()
    page.get_by_label("Force it").check()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#secret")).to_have_text(re.compile("^whsec_"))
