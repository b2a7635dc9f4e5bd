"""The filter workbench and the test on a subscriber's form, as an operator uses them: mouse, keyboard, phone."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

TOTAL = 'data["body"]["total"] > 100'


@pytest.fixture(scope="module", autouse=True)
def _orders(desk_of_the_module: Desk) -> None:
    desk = desk_of_the_module
    url = f"{desk.receiver.url}/orders/:id"
    desk.hub.manage("subscribe", "order.made", url, "--name", "billing", "--filter", TOTAL)
    for number in range(6):
        data = {
            "body": {"total": number * 50, "country": "de" if number % 2 else "at"},
            "headers": {"Authorization": "Bearer hunter2"},
            "path_params": {"id": number},
        }
        assert publish(desk.hub, {"topic": "order.made", "data": data})[0] == 202
    desk.receiver.wait_for(3)


def open_form(desk: Desk) -> None:
    desk.open("subscribers/subscriber/?q=billing")
    desk.page.click("tbody th a")
    expect(desk.page.locator("#switch-events-note")).to_contain_text("newest 6 events")


def write(desk: Desk, expression: str) -> None:
    desk.page.locator(".cm-content").fill(expression)


def test_an_expression_is_judged_while_it_is_written(desk: Desk) -> None:
    page = desk.page
    desk.open("subscribers/subscriber/add/")
    verdict = page.locator("#switch-verdict")
    expect(verdict).to_contain_text("every event of the topic is taken")
    for expression, hint, pointed in (
        ('data["total"] > limit', 'Did you mean data["limit"]', "limit"),
        ('data["total"] = 1', "write `==`", "="),
        ('data["total"] == "one', "A quotation mark is missing", '"'),
        ("data.body == 1", 'Write data["body"]', "data.body"),
    ):
        write(desk, expression)
        expect(verdict).to_contain_text(hint)
        expect(page.locator(".cm-lintRange-error").first).to_contain_text(pointed)
    desk.assert_accessible()
    write(desk, TOTAL)
    expect(verdict).to_have_text("This is a filter.")
    expect(page.locator(".cm-lintRange-error")).to_have_count(0)
    assert page.locator("[name=filter_expression]").input_value() == TOTAL


def test_each_part_is_explained_on_an_event_or_a_payload(desk: Desk) -> None:
    page = desk.page
    open_form(desk)
    write(desk, f'{TOTAL} and data["body"]["country"] == "de" or data["gone"] == 1')
    page.select_option("#switch-event", index=2)  # the fifth of six: 200, at
    tree = page.locator(".switch-tree")
    expect(page.locator(".switch-sentence").first).to_contain_text("It is unknown, which does not hold")

    def part(text: str) -> Locator:
        return tree.locator(".switch-part").filter(has=page.locator(f"code:text-is('{text}')"))

    expect(part(TOTAL)).to_contain_text("true")
    expect(part('data["body"]["total"]')).to_contain_text("= 200")
    expect(part('data["body"]["country"] == "de"')).to_contain_text("false")
    expect(part('data["gone"] == 1')).to_contain_text("There is no key 'gone'.")
    write(desk, 'data["headers"]["Authorization"] == "Bearer hunter2"')
    expect(part('data["headers"]["Authorization"]')).to_contain_text("***")
    page.select_option("#switch-event", "")
    page.fill("#switch-payload", '{"headers": {"Authorization": 1')
    expect(page.locator("#switch-explanation")).to_contain_text("It is not JSON")
    page.fill("#switch-payload", '{"body": {"total": 500}}')
    write(desk, TOTAL)
    expect(page.locator(".switch-sentence").first).to_contain_text("It holds")
    desk.assert_accessible()


def test_a_back_test_tells_what_a_change_gains_and_loses(desk: Desk) -> None:
    page = desk.page
    open_form(desk)
    write(desk, 'data["body"]["total"] < 200')
    page.get_by_text("Back-test: what it would have taken").click()
    page.get_by_role("button", name="Back-test").click()
    shown = page.locator("#switch-comparison")
    expect(shown).to_contain_text("Of the newest 6 events of the topic it takes 4 events.")
    expect(shown).to_contain_text("it gains 3 events and loses 2 events")
    desk.assert_accessible()
    page.on("dialog", lambda dialog: dialog.accept())
    shown.locator("a").first.click()
    expect(page.locator("body")).to_contain_text('"total":')


def test_a_test_is_sent_to_the_saved_url_and_both_sides_shown(desk: Desk) -> None:
    page = desk.page
    open_form(desk)
    page.get_by_text("Send a test").click()
    before = len(desk.receiver.requests)
    page.select_option("#switch-test-event", index=6)  # the oldest: 0, at
    page.get_by_role("button", name="Send it now").click()
    shown = page.locator("#switch-trial")
    expect(shown).to_contain_text("It answered 200")
    expect(shown).to_contain_text("The saved filter would not take this event: it is false.")
    expect(shown).to_contain_text("Authorization: ***")
    request = desk.receiver.wait_for(before + 1)[before]
    assert (request.path, request.headers["switch-test"], request.json["total"]) == ("/orders/0", "true", 0)
    assert request.headers["authorization"] == "Bearer hunter2"
    desk.assert_accessible()


def test_an_unsaved_url_gets_a_sample_and_nothing_that_is_kept(desk: Desk) -> None:
    page = desk.page
    open_form(desk)
    page.get_by_text("Send a test").click()
    page.fill("[name=target_url]", f"{desk.receiver.url}/elsewhere")
    expect(page.locator("#switch-test-note")).to_contain_text("not saved yet")
    expect(page.locator("#switch-test-event")).to_be_disabled()
    before = len(desk.receiver.requests)
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator("#switch-trial")).to_contain_text("It answered 200")
    request = desk.receiver.wait_for(before + 1)[before]
    assert (request.path, list(request.json)) == ("/elsewhere", ["message"])
    assert "webhook-signature" not in request.headers


def test_the_workbench_works_by_keyboard_alone(desk: Desk) -> None:
    page, press = desk.page, desk.page.keyboard.press
    open_form(desk)
    page.locator("[name=topic]").focus()
    press("Tab")
    expect(page.locator(".cm-content")).to_be_focused()
    press("Control+a")
    page.keyboard.type('data["body"]["to')
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("total")
    page.wait_for_timeout(150)  # the list takes keys only once it stands
    press("Enter")
    page.keyboard.type(" > 100")
    assert page.locator("[name=filter_expression]").input_value() == TOTAL
    press("Tab")
    expect(page.locator("#switch-try summary")).to_be_focused()
    press("Tab")
    press("ArrowDown")
    expect(page.locator(".switch-sentence").first).to_contain_text("It holds")
    press("Tab")
    expect(page.locator("#switch-compare > summary")).to_be_focused()
    press("Enter")
    press("Tab")
    press("Enter")
    expect(page.locator("#switch-comparison")).to_contain_text("it takes 3 events")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_workbench_fits_a_phone(desk: Desk, colours: str) -> None:
    page = desk.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    open_form(desk)
    write(desk, f'{TOTAL} and data["body"]["country"] == "a long text that has to be broken somewhere"')
    page.select_option("#switch-event", index=1)
    expect(page.locator(".switch-tree")).to_be_visible()
    page.get_by_text("Send a test").click()
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator("#switch-trial")).to_contain_text("It answered 200")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    desk.assert_accessible()


def test_the_field_works_where_the_editor_does_not_load(desk: Desk) -> None:
    page = desk.page
    page.route("**/bundles/editor.js", lambda route: route.abort())
    desk.open("subscribers/subscriber/add/")
    page.fill("[name=topic]", "plain.form")
    page.fill("[name=filter_expression]", "data.body")
    page.fill("[name=target_url]", "http://billing:8000/")
    page.click("[name=_save]")
    expect(page.locator(".field-filter_expression .errorlist")).to_contain_text('Write data["body"]')
    expect(page.locator(".cm-editor")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.unroute("**/bundles/editor.js")
    desk.open()  # what the page before has still to complain of has come by then
    assert all("editor.js" in each for each in desk.complaints)
    desk.complaints.clear()
