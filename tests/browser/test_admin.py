"""The admin in a real browser, on a real hub: from writing a subscriber to the attempt that failed, and its replay."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(120)]

PASSWORD = "a password of no account but this one"


@dataclass
class Desk:
    """An operator before the admin of a running hub, and the receiver of its subscribers."""

    page: Page
    hub: HubServer
    receiver: Receiver
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.hub.url}/admin/{path}")


@pytest.fixture(scope="module")
def desk(chromium: Browser) -> Iterator[Desk]:
    with Receiver(_gone_when_told) as receiver, HubServer({"DJANGO_SUPERUSER_PASSWORD": PASSWORD}) as hub:
        hub.manage("createsuperuser", "--noinput", "--username", "operator", "--email", "operator@example.com")
        hub.start_web()
        hub.start_consumer()
        page = chromium.new_page(viewport={"width": 1360, "height": 900})
        desk = Desk(page, hub, receiver)
        _listen_for_complaints(desk)
        desk.open()
        page.fill("[name=username]", "operator")
        page.fill("[name=password]", PASSWORD)
        page.click("[type=submit]")
        yield desk
        page.close()


def _gone_when_told(request: Received) -> Answer:
    return Answer(410 if request.path == "/gone" else 200)


def _listen_for_complaints(desk: Desk) -> None:
    page, host = desk.page, desk.hub.url
    page.on("console", lambda message: message.type == "error" and desk.complaints.append(message.text))
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.on("response", lambda answer: answer.status >= 400 and desk.complaints.append(f"{answer.status} {answer.url}"))
    page.on("request", lambda each: each.url.startswith((host, "data:")) or desk.complaints.append(each.url))


@pytest.fixture(autouse=True)
def _no_complaints(desk: Desk) -> Iterator[None]:
    """No page fails to load a part, breaks a script, or asks another host than the hub."""
    desk.complaints.clear()
    yield
    assert desk.complaints == []


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
    expect(page.locator(".switch-related")).to_contain_text("ledger")
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
    page.get_by_role("link", name="Replay").click()
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
