"""What a viewer and an operator meet in the admin, from sign-in to what their groups keep from them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk import PASSWORD, Desk, desk_at_a_fresh_hub
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

MAKE_USER = """
from django.contrib.auth.models import Group, User
user = User.objects.create_user("{group}-of-the-night", password="{password}", is_staff=True)
user.groups.add(Group.objects.get(name="{group}"))
"""
SUBSCRIBER = "subscribers/subscriber/"


@pytest.fixture(scope="module")
def desk_of_the_module(chromium: Browser) -> Iterator[Desk]:
    """The hub hides payloads from those who only look."""
    with desk_at_a_fresh_hub(chromium, SWITCH_MASK_PAYLOADS="true") as desk:
        for group in ("viewer", "operator"):
            desk.hub.manage("shell", "-c", MAKE_USER.format(group=group, password=PASSWORD))
        desk.hub.manage("subscribe", "order.created", f"{desk.receiver.url}/orders", "--name", "billing")
        assert publish(desk.hub, {"topic": "order.created", "data": {"body": {"buyer": "Ada Lovelace"}}})[0] == 202
        desk.receiver.wait_for(1)
        yield desk


def sign_in(desk: Desk, group: str) -> Page:
    desk.page.context.clear_cookies()
    desk.sign_in(f"{group}-of-the-night")
    expect(desk.page.locator(".board-headline")).to_be_visible()
    return desk.page


def open_first(desk: Desk, path: str) -> None:
    desk.open(path)
    desk.page.locator("#result_list tbody th a").first.click()


def assert_refused(desk: Desk, path: str, group: str) -> None:
    """The page says who is signed in and whom to ask, and leads back."""
    page = desk.page
    desk.open(path)
    expect(page.locator("body")).to_contain_text(f"signed in as {group}-of-the-night, of the group {group}")
    expect(page.locator("body")).to_contain_text("Ask an administrator")
    desk.assert_accessible()
    assert all("403" in each for each in desk.complaints), desk.complaints
    desk.complaints.clear()  # the refusal, which the browser notes
    page.get_by_role("link", name="Back to the dashboard").click()
    expect(page.locator(".board-headline")).to_be_visible()


def test_a_viewer_looks_at_all_but_payloads_and_changes_nothing(desk: Desk) -> None:
    page = sign_in(desk, "viewer")
    open_first(desk, "dispatch/event/")
    expect(page.locator("body")).to_contain_text('"buyer": "***"')
    expect(page.locator(".switch-became")).to_contain_text("billing")
    assert "Ada" not in page.content()
    open_first(desk, "dispatch/delivery/")
    expect(page.locator("body")).to_contain_text("Done: the subscriber took it.")
    assert "Ada" not in page.content()
    for act in ("replay_one", "try_now", "stop_trying"):
        expect(page.locator(f"a[href$='/{act}/']")).to_have_count(0)
    open_first(desk, SUBSCRIBER)
    expect(page.locator("body")).to_contain_text("billing")
    expect(page.get_by_role("link", name="Why not?").last).to_be_visible()
    for control in (
        "[name=target_url]",
        "[name=_save]",
        "#switch-send",
        "a[href$='/pause/']",
        "a[href$='/deliver_past/']",
    ):
        expect(page.locator(control)).to_have_count(0)
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
    assert_refused(desk, "dispatch/replay/new/", "viewer")
    assert_refused(desk, f"{SUBSCRIBER}add/", "viewer")


def test_an_operator_edits_a_subscriber_and_replays_but_manages_no_users(desk: Desk) -> None:
    page = sign_in(desk, "operator")
    open_first(desk, "dispatch/event/")
    expect(page.locator("body")).to_contain_text('"buyer": "Ada Lovelace"')
    open_first(desk, SUBSCRIBER)
    for control in ("#switch-send", "a[href$='/pause/']", "a[href$='/deliver_past/']"):
        expect(page.locator(control)).to_have_count(1)
    page.fill("[name=target_url]", f"{desk.receiver.url}/elsewhere")
    page.click("[name=_continue]")
    expect(page.locator("body")).to_contain_text("changed successfully")
    before = len(desk.receiver.requests)
    open_first(desk, "dispatch/delivery/")
    page.locator("a[href$='/replay_one/']").click()
    page.get_by_role("dialog").get_by_role("button", name="Replay").click()
    assert desk.receiver.wait_for(before + 1)[before].path == "/elsewhere"
    expect(page.locator("body")).to_contain_text("chosen deliveries")
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
    assert_refused(desk, "auth/user/", "operator")
