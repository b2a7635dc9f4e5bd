"""The lock after failed sign-ins as an operator meets it: in a browser, at a hub of two web processes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk import PASSWORD
from tests.servers.hub import HubServer

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(120)]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer({"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "SWITCH_WEB_PROCESSES": "2"}) as hub:
        hub.manage(
            "createsuperuser", "--noinput", "--skip-checks", "--username", "operator", "--email", "operator@example.com"
        )
        hub.start_web()
        yield hub


def sign_in(page: Page, hub: HubServer, password: str) -> None:
    page.goto(f"{hub.url}/")  # which leads to the admin, and that to its sign-in
    page.fill("[name=username]", "operator")
    page.fill("[name=password]", password)
    page.click("[type=submit]")


def test_lock_is_told_in_words_and_lifted_by_a_command(chromium: Browser, hub: HubServer) -> None:
    page = chromium.new_page(viewport={"width": 1100, "height": 760})
    try:
        for _ in range(5):
            sign_in(page, hub, "wrong")
        expect(page.locator("body")).to_contain_text("Try again in 15 minutes")
        expect(page.get_by_role("link", name="Back to the sign-in")).to_be_visible()
        sign_in(page, hub, PASSWORD)
        expect(page.locator("body")).to_contain_text("too many failed sign-ins as operator")
        hub.manage("axes_reset_username", "operator")
        page.get_by_role("link", name="Back to the sign-in").click()
        sign_in(page, hub, PASSWORD)
        expect(page.locator("body")).to_contain_text("Subscribers")
    finally:
        page.close()
