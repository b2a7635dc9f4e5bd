"""Each page of the admin in a real browser: under a policy that is in force, without a complaint, and for everybody."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from switchsite.policy import POLICY
from tests.browser.desk import PASSWORD, Desk
from tests.flows.publisher import publish

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

LISTS = (
    *("subscribers/subscriber/", "dispatch/event/", "dispatch/delivery/", "dispatch/attempt/", "dispatch/replay/"),
    *("dispatch/consumer/", "dispatch/apikey/", "auth/user/", "auth/group/"),
)
PAGES = (
    *("", "storage/", "subscribers/subscriber/add/", "dispatch/replay/new/", "dispatch/apikey/add/"),
    *("auth/user/add/", "auth/group/add/", "password_change/"),
)
#: WCAG's contrast of an element's text with what is behind it: axe gives up at such a button, for a pseudo element.
CONTRAST = """each => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const luminance = (...layers) => {
        for (const layer of layers) {
            canvas.fillStyle = layer;
            canvas.fillRect(0, 0, 1, 1);
        }
        const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
            .map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const style = getComputedStyle(each);
    const [dark, light] = [
        luminance(getComputedStyle(document.body).backgroundColor, style.backgroundColor), luminance(style.color)
    ].sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
}"""


@pytest.fixture(scope="module", autouse=True)
def _something_to_show(desk_of_the_module: Desk) -> None:
    desk = desk_of_the_module
    desk.hub.manage("subscribe", "page.shown", f"{desk.receiver.url}/pages", "--name", "reader")
    assert publish(desk.hub, {"topic": "page.shown", "data": {"body": 1}})[0] == 202
    desk.receiver.wait_for(1)


@pytest.mark.parametrize("path", PAGES)
def test_page_is_quiet_and_accessible(desk: Desk, path: str) -> None:
    desk.open(path)
    assert_sound(desk)


@pytest.mark.parametrize("path", LISTS)
def test_list_and_its_first_row_are_quiet_and_accessible(desk: Desk, path: str) -> None:
    desk.open(path)
    assert_sound(desk)
    links = desk.page.locator("#result_list tbody th a")
    if links.count():
        links.first.click()
        assert_sound(desk)


def assert_sound(desk: Desk) -> None:
    expect(desk.page.locator("h1").first).to_be_visible()
    answer = desk.page.request.get(desk.page.url)
    assert answer.headers["content-security-policy"] == POLICY
    desk.assert_accessible()


def test_sign_in_page_is_quiet_and_accessible(desk: Desk) -> None:
    context = desk.page.context.browser.new_context()  # type: ignore[union-attr] # a page of a browser
    page = context.new_page()
    other = Desk(page, desk.hub, desk.receiver, desk.complaints)
    other.listen_for_complaints()
    other.open()
    expect(page.locator("[name=username]")).to_be_visible()
    other.assert_accessible()
    context.close()


def test_whoever_signs_in_types_at_once(desk: Desk) -> None:
    context = desk.page.context.browser.new_context()  # type: ignore[union-attr] # a page of a browser
    page = context.new_page()
    page.goto(f"{desk.hub.url}/admin/")
    expect(page.locator("[name=username]")).to_be_focused()
    page.keyboard.type("operator")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".board-headline")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buttons_can_be_read_under_the_pointer(desk: Desk, scheme: Any) -> None:
    page = desk.page
    page.emulate_media(color_scheme=scheme)
    desk.open("subscribers/subscriber/?q=reader")
    page.click("tbody th a")
    for button in (page.get_by_role("link", name="Delete"), page.get_by_role("button", name="Save", exact=True)):
        button.hover()
        assert button.evaluate(CONTRAST) >= 4.5, button


@pytest.mark.parametrize("path", ["", "subscribers/subscriber/add/", "dispatch/replay/", "flow-map/"])
def test_no_script_of_ours_shares_its_names(desk: Desk, path: str) -> None:
    """Each is a module, but for the one that must not wait for the page; and nothing of them is seen by the others."""
    desk.open(path)
    ours = desk.page.locator("script[src*='/static/switch/'], script[src*='/static/dispatch/']")
    shared = ours.evaluate_all("all => all.filter(each => each.type !== 'module').map(each => each.src)")
    assert [address.split("/static/")[1].split("?")[0] for address in shared] == [
        "switch/bundles/alpine.js",
        "switch/early_clicks.js",
    ]
    assert ours.count() > len(shared)
    assert (
        desk.page.evaluate("['mend', 'enter', 'leave', 'visible', 'enterMenu', 'watch'].filter(x => x in window)") == []
    )


def test_the_list_of_subscribers_is_sorted_by_its_headers(desk: Desk) -> None:
    page = desk.page
    for name in ("zebra", "aardvark"):
        desk.hub.manage("subscribe", "zoo.opened", f"{desk.receiver.url}/zoo", "--name", name)
    desk.open("subscribers/subscriber/")
    expect(page.locator("thead a")).to_have_text(["Subscriber", "Topic"])
    page.get_by_role("link", name="Subscriber", exact=True).focus()
    page.keyboard.press("Enter")
    names = page.locator("#result_list tbody th")
    expect(names).to_contain_text(["aardvark", "reader", "zebra"])
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Subscriber")
    desk.assert_accessible()
    page.get_by_role("link", name="Toggle sorting").click()
    expect(names).to_contain_text(["zebra", "reader", "aardvark"])
    page.get_by_label("Hears of topic").fill("zoo.opened")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(names).to_contain_text(["zebra", "aardvark"])
    page.get_by_role("link", name="Remove from sorting").click()
    expect(names).to_contain_text(["aardvark", "zebra"])


def test_injected_script_does_not_run(desk: Desk) -> None:
    desk.open()
    for attempt in (
        "const each = document.createElement('script'); each.textContent = 'window.injected = 1'; "
        "document.body.append(each)",
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.injected = 2\">')",
        "setTimeout('window.injected = 3')",
    ):
        desk.page.evaluate(f"() => {{ {attempt} }}")
    desk.page.wait_for_timeout(300)
    assert desk.page.evaluate("window.injected ?? null") is None
    assert any("Content Security Policy" in each for each in desk.complaints)
    desk.complaints.clear()


def test_the_policy_is_only_for_pages(desk: Desk) -> None:
    answer = desk.page.request.get(f"{desk.hub.url}/api/schema/")
    assert "content-security-policy" not in answer.headers
    assert answer.ok
    assert "content-security-policy" not in desk.page.request.get(f"{desk.hub.url}/healthz").headers


def test_the_theme_works_without_eval(desk: Desk) -> None:
    """The parts of the theme that Alpine moves: sidebar, colours, command palette, the dialog of an action."""
    page = desk.page
    desk.open("subscribers/subscriber/")
    sidebar = page.locator("#nav-sidebar")
    expect(sidebar).to_be_visible()
    page.get_by_role("button", name="Navigation").click()
    expect(sidebar).to_be_hidden()
    page.reload()
    expect(sidebar).to_be_hidden()
    page.get_by_role("button", name="Navigation").click()
    expect(sidebar).to_be_visible()
    page.keyboard.press("Control+e")
    expect(page.locator("html")).to_have_class("light")
    page.keyboard.press("Control+e")
    expect(page.locator("html")).to_have_class("dark")
    page.evaluate("localStorage.removeItem('adminTheme')")
    page.mouse.move(5, 5)
    page.keyboard.press("Control+k")
    expect(page.locator("#search-input-command")).to_be_focused()
    page.keyboard.type("Deliver")
    expect(page.locator("#command-results-list li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dispatch/delivery/")
    desk.open("subscribers/subscriber/?q=reader")
    page.click("tbody th a")
    page.get_by_role("link", name="Pause").click()
    expect(page.locator("#dialog")).to_contain_text("Pause this subscriber?")
    expect(page.locator("#modal-content")).to_be_visible()
    desk.assert_accessible("#modal-content")


@pytest.mark.parametrize("width", [390, 1360])
def test_heading_of_a_row_leads_back_to_its_list(desk: Desk, width: int) -> None:
    page = desk.page
    page.set_viewport_size({"width": width, "height": 900})
    desk.open("dispatch/event/")
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator("h1 a")).to_have_count(2)
    to_list, to_row = page.locator("h1 a").all()
    assert (to_list.inner_text(), to_row.inner_text()[:10]) == ("Events", "page.shown")
    assert to_list.evaluate("link => link.scrollWidth <= link.clientWidth"), "nothing of it is cut off"
    to_list.click()
    expect(page).to_have_url(re.compile("/dispatch/event/$"))


def test_enter_in_the_palette_takes_the_first_result_or_none(desk: Desk) -> None:
    """With nothing found it complains of nothing, which the desk sees to."""
    page = desk.page
    desk.open()
    page.get_by_role("button", name="Search").click()
    palette = page.get_by_role("dialog", name="Search")
    term = palette.get_by_role("searchbox", name="Type to search")
    expect(term).to_be_focused()
    page.keyboard.type("no such thing")
    expect(palette).to_contain_text("Nothing matches.")
    page.keyboard.press("Enter")
    desk.assert_accessible()
    term.fill("")
    page.keyboard.type("Deliver")
    expect(palette.get_by_role("link")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dispatch/delivery/")


@pytest.mark.parametrize("path", ["", "subscribers/subscriber/", "subscribers/subscriber/add/", "auth/user/"])
def test_no_name_of_an_icon_is_read_to_anybody(desk: Desk, path: str) -> None:
    page = desk.page
    desk.open(path)
    icons = page.locator(".material-symbols-outlined").all_text_contents()
    glyphs = {icon.strip() for icon in icons if "_" in icon}
    assert glyphs
    read = page.locator("body").aria_snapshot()
    assert [glyph for glyph in glyphs if glyph in read] == []
