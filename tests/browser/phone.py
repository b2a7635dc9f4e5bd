"""A page on a phone: it is no wider than the window, and each of its controls can be tapped."""

from playwright.sync_api import Page

WIDTH, HEIGHT = 390, 844
CONTROLS = "a[href]:visible, button:visible, input:visible, select:visible, textarea:visible, summary:visible"
#: How long a control may take to stand still.
PATIENCE_MS = 5_000


def assert_serves(page: Page, within: str = "#main") -> None:
    """Nothing is cut off, and whatever can be used is in reach of a finger once it is scrolled to."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= WIDTH, f"{page.url} is {wide} pixels wide"
    controls = page.locator(within).locator(CONTROLS).all()
    assert controls, f"{page.url} has no control"
    for control in controls:
        control.click(trial=True, timeout=PATIENCE_MS)
        box = control.bounding_box()
        assert box, control
        assert box["x"] >= 0, f"{control} begins left of the window"
        assert box["x"] + box["width"] <= WIDTH, f"{control} ends right of the window"
