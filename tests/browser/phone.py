"""A page on a phone: it is no wider than the window, and each of its controls can be tapped."""

from playwright.sync_api import Page, expect

WIDTH, HEIGHT = 390, 844
CONTROLS = ":is(a[href], button, input, select, textarea, summary):visible:not([aria-hidden=true])"
#: What the cells of a list hold, and do not show.
CUT_OFF = """cells => cells
    .filter(each => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
    .map(each => each.textContent.trim())"""
#: How long a control may take to stand still.
PATIENCE_MS = 5_000


def act(page: Page, action: str) -> None:
    """Chooses one of the actions that open a dialog."""
    choose(page, action)
    expect(page.get_by_role("dialog")).to_be_visible()


def choose(page: Page, action: str) -> None:
    """Follows one of the actions, which are behind three dots."""
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("link", name=action).click()


def assert_serves(page: Page, within: str = "#main") -> None:
    """Nothing is cut off, and whatever can be used is in reach of a finger once it is scrolled to."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= WIDTH, f"{page.url} is {wide} pixels wide"
    cut_off = page.locator("#result_list td:visible").evaluate_all(CUT_OFF)
    assert cut_off == [], f"{page.url} cuts off {cut_off}"
    controls = page.locator(within).locator(CONTROLS).all()
    assert controls, f"{page.url} has no control"
    for control in controls:
        control.click(trial=True, timeout=PATIENCE_MS)
        box = control.bounding_box()
        assert box, control
        assert box["x"] >= 0, f"{control} begins left of the window"
        assert box["x"] + box["width"] <= WIDTH, f"{control} ends right of the window"
