"""The page of the schema in a real browser, without a foreign host."""

import pytest
from playwright.sync_api import Browser, expect

from tests.servers.hub import HubServer

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(120)]


def test_the_page_shows_every_operation_and_asks_nobody_else(chromium: Browser) -> None:
    complaints: list[str] = []
    with HubServer() as hub:
        hub.start_web()
        page = chromium.new_page(viewport={"width": 1360, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("request", lambda each: each.url.startswith((hub.url, "data:")) or complaints.append(each.url))
        page.goto(f"{hub.url}/api/docs/")
        expect(page.locator(".opblock-summary-path", has_text="/publish")).to_be_visible(timeout=60_000)
        expect(page.locator(".opblock")).to_have_count(36)
        page.close()
    assert complaints == []
