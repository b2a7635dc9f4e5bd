"""The dashboard, the flow map and lists that announce, as an operator sees them: from a fault to its sample."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk import Desk
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

#: What is published is counted about ten seconds later.
COUNTED_MS = 60_000
#: A little more than the seconds between two looks of a page.
EVERY_MS = 5_100


@pytest.fixture(scope="module", autouse=True)
def _traffic(desk_of_the_module: Desk) -> None:
    """Events that arrive, one that is given up, and one that nobody hears; and they are counted."""
    hub, receiver, page = desk_of_the_module.hub, desk_of_the_module.receiver, desk_of_the_module.page
    hub.manage("subscribe", "order.created", f"{receiver.url}/orders", "--name", "billing")
    hub.manage("subscribe", "stock.low", f"{receiver.url}/gone", "--name", "shelf")
    hub.manage("subscribe", "no.such.topic", f"{receiver.url}/never", "--name", "idle")
    for topic in (*["order.created"] * 3, "stock.low", "never.heard"):
        assert publish(hub, {"topic": topic, "data": {}})[0] == 202
    receiver.wait_for(4)
    desk_of_the_module.open()
    expect(page.locator("#failures")).to_contain_text("410 Gone", timeout=COUNTED_MS)
    page.clock.install()


def tile(page: Page, name: str) -> Any:
    return page.locator(f'.board-tiles a:has(span:text-is("{name}")) strong')


def refresh(page: Page) -> None:
    """Lets the page's next look come now."""
    with page.expect_response("**/admin/dashboard/**"):
        page.clock.fast_forward(EVERY_MS)


def hide(page: Page, is_hidden: bool) -> None:
    """As a browser does when another tab comes to the front."""
    page.evaluate(
        """isHidden => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


def test_a_fault_is_seen_and_followed_to_its_sample_within_two_clicks(desk: Desk) -> None:
    page = desk.page
    desk.open()
    assert int(tile(page, "Events").inner_text()) >= 5
    assert int(tile(page, "Deliveries").inner_text()) >= 4
    expect(page.locator("#failures tr", has_text="shelf")).to_contain_text("1")
    page.locator(".board-headline a", has_text="1 delivery was given up in the last hour.").click()
    assert page.url.endswith("#dead")
    page.locator("#dead tr", has_text="shelf").get_by_role("link", name="A sample").click()
    expect(page.locator("body")).to_contain_text("410 Gone")
    page.go_back()
    page.locator("#dead tr", has_text="shelf").get_by_role("link", name="Replay these").click()
    expect(page.locator(".switch-count")).to_contain_text("1")


def test_the_dashboard_refreshes_without_losing_focus_or_closing_what_is_open(desk: Desk) -> None:
    page = desk.page
    desk.open()
    before = int(tile(page, "Held").inner_text())
    page.locator("#events summary").click()
    page.get_by_role("link", name="Last day").focus()
    page.evaluate("document.querySelector('.board-headline').isTheSame = true")
    assert publish(desk.hub, {"topic": "stock.low", "data": {}})[0] == 202  # held: a 410 has paused the subscriber
    refresh(page)
    expect(tile(page, "Held")).to_have_text(str(before + 1))
    assert page.evaluate("document.activeElement.textContent") == "Last day"
    assert page.evaluate("document.querySelector('#events details').open")
    assert page.evaluate("document.querySelector('.board-headline').isTheSame"), "nothing is replaced"
    expect(page.locator("#dead time").first).to_have_text(re.compile("ago|now"))
    expect(page.locator("#dead time").first).to_have_attribute("title", re.compile(r"\d{4}-.*UTC$", re.S))
    expect(page.locator("[data-updated]")).to_contain_text("As of")


def test_a_hidden_tab_asks_nothing_and_a_seen_one_at_once(desk: Desk) -> None:
    page = desk.page
    desk.open()
    asked: list[str] = []
    page.on("request", lambda request: "/admin/" in request.url and asked.append(request.url))
    hide(page, True)
    page.clock.fast_forward(EVERY_MS)
    page.clock.fast_forward(EVERY_MS)
    page.wait_for_timeout(200)
    assert asked == []
    with page.expect_response("**/admin/dashboard/**"):
        hide(page, False)


def test_the_dashboard_says_when_the_hub_does_not_answer_and_goes_on_once_it_does(desk: Desk) -> None:
    page = desk.page
    desk.open()

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/admin/dashboard/**", refuse)
    line = page.locator("[data-updated]")
    page.clock.fast_forward(EVERY_MS)
    expect(line).to_contain_text("The hub does not answer")
    expect(tile(page, "Events")).to_be_visible()
    page.unroute("**/admin/dashboard/**", refuse)
    refresh(page)
    expect(line).to_contain_text("As of")
    desk.complaints.clear()  # the refusals, which the browser notes


def test_the_flow_map_is_walked_by_keyboard(desk: Desk) -> None:
    page = desk.page
    desk.open("flow-map/")
    expect(page.locator(".flow-node", has_text="order.created")).to_be_visible()
    for lonely in ("never.heard ⚠ nobody", "idle ⚠ never"):
        expect(page.locator(".flow-lonely", has_text=lonely)).to_be_visible()
    expect(page.locator(".flow-failing", has_text="shelf")).to_be_visible()
    expect(page.locator("#unheard")).to_contain_text("never.heard")
    expect(page.locator("#silent")).to_contain_text("idle")
    assert page.locator(".flow-link.flow-failed title").first.text_content() == "stock.low → shelf: 1 failed"
    page.locator("#flow-picture").press("Tab")
    reached = page.evaluate("document.activeElement.dataset.node")
    assert reached, "the nodes are links, and reached by the tabulator"
    page.locator('[data-node^="subscribers"]', has_text="shelf").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=name]")).to_have_value("shelf")


def test_a_list_announces_new_rows_and_stands_still(desk: Desk) -> None:
    page = desk.page
    desk.open("dispatch/delivery/?q=billing")
    rows = page.locator("#result_list tbody tr")
    before = rows.count()
    news = page.locator(".switch-news")
    expect(news).to_have_text("")
    for topic in ("order.created", "order.created", "stock.low"):
        assert publish(desk.hub, {"topic": topic, "data": {}})[0] == 202
    page.clock.fast_forward(EVERY_MS)
    expect(news).to_have_text("2 new: show")
    assert rows.count() == before
    news.get_by_role("link").click()
    expect(rows).to_have_count(before + 2)


@pytest.mark.parametrize("path", ["", "flow-map/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_axe_finds_no_serious_fault(desk: Desk, path: str, scheme: Any) -> None:
    page = desk.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    desk.open(path)
    expect(page.locator(".board-updated")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    desk.assert_accessible()


def test_the_flow_map_is_whole_on_a_phone(desk: Desk) -> None:
    page = desk.page
    page.set_viewport_size({"width": 390, "height": 844})
    desk.open("flow-map/")
    nodes = page.locator(".flow-node")
    expect(nodes.first).to_be_visible()
    failed = page.locator("#sent").get_by_role("columnheader", name="Failed")
    for part in (*nodes.all(), *page.locator(".flow-head").all(), failed):
        box = part.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    page.set_viewport_size({"width": 1360, "height": 900})
    expect(page.locator(".flow")).to_have_attribute("viewBox", re.compile("^0 0 1000 "))
