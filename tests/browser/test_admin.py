"""The admin in a real browser, on a real hub: from writing a subscriber to the attempt that failed, and its replay."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(120)]


def test_a_refused_expression_is_pointed_at_and_then_mended(desk: Desk) -> None:
    page = desk.page
    desk.open("subscribers/subscriber/add/")
    page.fill("[name=name]", "billing")
    page.fill("[name=topic]", "order.created")
    page.fill("[name=filter_expression]", 'data["body"]["total"] > limit')
    page.fill("[name=target_url]", f"{desk.receiver.url}/orders/:order_id")
    page.click("[name=_save]")
    message = page.locator(".field-filter_expression .errorlist")
    expect(message).to_be_visible()
    _, line, carets = message.inner_text().split("\n")[:3]
    assert line[carets.index("^") : carets.rindex("^") + 1] == "limit"
    style = message.evaluate("each => [getComputedStyle(each).whiteSpace, getComputedStyle(each).fontFamily]")
    assert style[0] == "pre"
    assert "monospace" in style[1]
    page.fill("[name=filter_expression]", 'data["body"]["total"] > 100')
    page.click("[name=_save]")
    expect(page.locator("table")).to_contain_text("billing")


def test_an_event_is_followed_to_its_attempt(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "invoice.paid", f"{desk.receiver.url}/invoices", "--name", "ledger")
    before = len(desk.receiver.requests)
    data = {"body": {"total": 120}, "headers": {"Authorization": "Bearer hunter2"}}
    assert publish(desk.hub, {"topic": "invoice.paid", "data": data})[0] == 202
    desk.receiver.wait_for(before + 1)
    desk.open("dispatch/event/?q=invoice.paid")
    page.click("tbody th a")
    expect(page.locator("body")).to_contain_text('"total": 120')
    expect(page.locator(".switch-became")).to_contain_text("ledger")
    page.click(".switch-related a")
    expect(page.locator("body")).to_contain_text("Done: the subscriber took it.")
    page.click(".switch-related a")
    expect(page.locator("body")).to_contain_text("POST http://")
    expect(page.locator("body")).to_contain_text('{"total":120}')
    expect(page.locator("body")).to_contain_text("Authorization: ***")
    assert "hunter2" not in page.content()


def test_a_dead_delivery_is_replayed_and_its_subscriber_resumed(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "stock.low", f"{desk.receiver.url}/gone", "--name", "shelf")
    before = len(desk.receiver.requests)
    assert publish(desk.hub, {"topic": "stock.low", "data": {}})[0] == 202
    desk.receiver.wait_for(before + 1)
    _open_until(desk, "dispatch/delivery/?q=shelf", "DEAD")
    page.click("tbody th a")
    expect(page.locator("body")).to_contain_text("answered 410 Gone")
    page.get_by_role("link", name="Replay", exact=True).click()
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("body")).to_contain_text("Replayed: 1.")
    expect(page.locator("body")).to_contain_text("Held: the subscriber is paused")
    page.get_by_role("link", name="shelf").click()
    expect(page.locator("body")).to_contain_text("It answered 410 Gone.")
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("body")).to_contain_text("Resumed.")
    first, second = desk.receiver.wait_for(before + 2)[before:]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def _open_until(desk: Desk, path: str, text: str) -> None:
    """Opens a page again until it shows `text`, which a consumer is about to write."""
    for _ in range(50):
        desk.open(path)
        if desk.page.locator("tbody", has_text=re.compile(text, re.I)).count():
            return
        desk.page.wait_for_timeout(100)
    pytest.fail(f"{path} does not show {text}")


def test_a_subscriber_is_paused_from_its_page(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "parcel.sent", f"{desk.receiver.url}/parcels", "--name", "post")
    desk.open("subscribers/subscriber/?q=post")
    page.click("tbody th a")
    page.get_by_role("link", name="Pause").click()
    page.fill("[name=reason]", "it moves house")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("body")).to_contain_text("it moves house")
    expect(page.get_by_role("link", name="Resume")).to_be_visible()


def test_a_backlog_is_discarded_and_replayed_by_its_filter(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "seat.freed", f"{desk.receiver.url}/seats", "--name", "usher")
    desk.hub.manage("pause", "usher")
    before = len(desk.receiver.requests)
    for _ in range(3):
        assert publish(desk.hub, {"topic": "seat.freed", "data": {}})[0] == 202
    desk.open("subscribers/subscriber/?q=usher")
    page.click("tbody th a")
    expect(page.locator("body")).to_contain_text("3 (the subscriber is paused), the oldest for")
    page.get_by_role("link", name="Resume").click()
    page.get_by_label("Discard it").check()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("body")).to_contain_text("Resumed. Discarded: 3.")
    desk.open("dispatch/delivery/?q=usher&state__exact=cancelled")
    page.get_by_role("link", name="Replay all that match this filter").click()
    expect(page.locator(".switch-count")).to_contain_text("3 cancelled deliveries of usher.")
    page.fill("[name=rate]", "50")
    page.get_by_role("button", name="Replay them").click()
    expect(page.locator("body")).to_contain_text("Cancelled deliveries of usher")
    desk.receiver.wait_for(before + 3)
    desk.reload_until("3 made of 3 (100%)")
    page.get_by_role("link", name="Show what it has made").click()
    expect(page.locator("tbody tr")).to_have_count(3)


def test_a_slow_replay_is_stopped(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "aisle.cleared", f"{desk.receiver.url}/aisles", "--name", "cleaner")
    for _ in range(3):
        assert publish(desk.hub, {"topic": "aisle.cleared", "data": {}})[0] == 202
    desk.open("dispatch/delivery/?q=cleaner&state__exact=delivered")
    desk.reload_until("3 deliveries")
    desk.open("dispatch/replay/")
    page.get_by_role("link", name="New replay").click()
    page.get_by_role("button", name="Count").click()
    expect(page.locator(".errornote")).to_contain_text("Say what to replay")
    page.fill("[name=subscriber]", "cleaner")
    page.fill("[name=rate]", "0.05")
    page.get_by_role("button", name="Count").click()
    page.get_by_role("button", name="Replay them").click()
    # Its name begins with that of its icon.
    stop = page.get_by_role("link", name="Stop", exact=True)
    stop.click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("body")).to_contain_text("Stopped. What it has made is still sent.")
    expect(stop).to_have_count(0)


def test_a_new_subscriber_gets_past_events(desk: Desk) -> None:
    page = desk.page
    for number in range(2):
        assert publish(desk.hub, {"topic": "page.turned", "data": {"body": number}})[0] == 202
    desk.hub.manage("subscribe", "page.turned", f"{desk.receiver.url}/pages", "--name", "reader")
    before = len(desk.receiver.requests)
    desk.open("subscribers/subscriber/?q=reader")
    page.click("tbody th a")
    page.get_by_role("link", name="Deliver past events").click()
    page.fill("[name=since]", "whenever")
    page.get_by_role("button", name="Count").click()
    expect(page.locator("form.switch-form")).to_contain_text("is no time")
    page.fill("[name=since]", "1h")
    page.keyboard.press("Enter")
    expect(page.locator(".switch-count")).to_contain_text("2 past events on page.turned for reader")
    desk.assert_accessible()
    assert len(desk.receiver.requests) == before, "a count sends nothing"
    page.get_by_role("button", name="Deliver them").click()
    expect(page.locator("body")).to_contain_text("The consumers carry it out, also when you leave this page.")
    desk.receiver.wait_for(before + 2)
    desk.reload_until("2 made of 2 (100%)")


def test_the_deletion_of_a_subscriber_says_what_waits_for_it(desk: Desk) -> None:
    page = desk.page
    desk.hub.manage("subscribe", "lamp.lit", f"{desk.receiver.url}/lamps", "--name", "lighter")
    desk.hub.manage("pause", "lighter")
    assert publish(desk.hub, {"topic": "lamp.lit", "data": {}})[0] == 202
    desk.open("subscribers/subscriber/?q=lighter")
    page.click("tbody th a")
    page.get_by_role("link", name="Delete").click()
    expect(page.locator("body")).to_contain_text("Deliveries that still wait, and are cancelled: 1")
    page.get_by_role("button", name="Yes, I").click()
    expect(page.locator("body")).to_contain_text("Deliveries that were waiting and are cancelled: 1.")
