"""Real key presses alone, as of somebody without a mouse: each stop of Tab is shown, and what has the focus is seen."""

from playwright.sync_api import Locator, Page, expect

#: More presses of Tab than any page has stops; whoever needs more is lost.
LONGEST_WAY = 150
#: Whether an element has the focus, whether it is in view, and all that a style of the focus may change at it.
LOOK = """each => {
    const box = each.getBoundingClientRect();
    const style = getComputedStyle(each);
    const names = ["outline", "boxShadow", "border", "background", "color", "textDecoration"];
    return {
        hasFocus: each === document.activeElement,
        isInView: box.width > 0 && box.height > 0
            && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        style: names.map(name => style[name]),
    };
}"""


class Keys:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """In place of what the focused field has."""
        self.press("Control+a")
        self.page.keyboard.type(text)

    def tab_to(self, wanted: Locator, key: str = "Tab") -> None:
        """Walks there; the element is in view, and looks otherwise than before it had the focus."""
        expect(wanted).to_be_visible()
        for _ in range(LONGEST_WAY):
            before = wanted.evaluate(LOOK)
            self.press(key)
            now = wanted.evaluate(LOOK)
            if now["hasFocus"]:
                assert now["isInView"], f"{wanted} has the focus out of view"
                assert now["style"] != before["style"], f"{wanted} does not show that it has the focus"
                return
        raise AssertionError(f"{key} does not come to {wanted}")

    def follow(self, wanted: Locator, key: str = "Enter") -> None:
        """Walks to a link, button or summary, and presses `key` on it."""
        self.tab_to(wanted)
        self.press(key)

    def choose(self, select: Locator, value: str) -> None:
        """Walks to a select, and down to the option."""
        self.tab_to(select)
        self.press("Home")
        for _ in range(select.locator("option").count()):
            if select.input_value() == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{select} has no {value}")
